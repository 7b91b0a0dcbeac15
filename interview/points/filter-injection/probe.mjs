// What is typed into the search is data: it finds addresses that begin with it, and nothing else.
import { JANE } from '../../probes/shop.mjs';

// Nobody's address begins like these or comes after them. Each would be true of every order, if it were a part of the statement.
const TRUE = ["zz-nobody') or true or lower('", "zz-nobody' or true or '' = '", "zz-nobody') or 1=1 -- ", "zz-nobody' or 1=1 -- "];
// Likewise; what they ask is harmless, and true or not.
const tables = (number) => [
  `zz-nobody') or (select count(*) from sqlite_master) > ${number} or lower('`,
  `zz-nobody' or (select count(*) from sqlite_master) > ${number} or '' = '`,
  `zz-nobody') or (select count(*) from sqlite_master) > ${number} -- `,
  `zz-nobody' or (select count(*) from sqlite_master) > ${number} -- `,
];

export default async (t) => {
  const shop = await t.shop();
  const order = (email) => shop.order({ customer: { ...JANE.customer, email } });
  const [jane, joan, quoted] = [await order('jane@example.com'), await order('joan@example.com'), await order("o'neil@example.com")];
  const search = async (q, more = {}) => {
    const answer = await shop.call('GET', `/api/orders?${new URLSearchParams({ q, ...more })}`, { administrator: true });
    return { status: answer.status, found: answer.body?.orders?.map(({ orderId }) => orderId) };
  };
  const told = ({ status, found }) => `answered ${status} with ${found?.length ?? 'no'} orders`;
  const is = ({ found }, ...ids) => found?.length === ids.length && ids.every((id) => found.includes(id));
  const any = async (list, more) => {
    const answers = [];
    for (const q of list) answers.push({ q, ...(await search(q, more)) });
    return answers;
  };
  const shown = (answers) => answers.find(({ found }) => found?.length > 0);

  for (const [what, words, ids] of [["an address's beginning", 'jane@', [jane]], ['a capital', 'J', [jane, joan]], ["an order's id", jane, [jane]], ['what nobody has', 'nobody@', []]]) {
    const answer = await search(words);
    t.require(`${what} finds the orders it should`, is(answer, ...ids), told(answer));
  }
  const all = shown(await any(TRUE));
  t.check('no search is true of every order', !all, all && `${all.q} is ${told(all)}`);
  const others = shown(await any(TRUE, { status: 'ERROR' }));
  t.check('no search goes around another filter', !others, others && `with status=ERROR, ${others.q} is ${told(others)}`);
  const [many, none] = [shown(await any(tables(0))), shown(await any(tables(1_000_000)))];
  t.check('no search asks the database about its tables', !many || none, many && `${many.q} is ${told(many)}, and nothing with another number`);
  const apostrophe = await search("o'neil@");
  t.check('an address with an apostrophe is found', is(apostrophe, quoted), told(apostrophe));
};
