// What is sent twice is ordered once: by its key, by the form, at the same moment, after a power cut.
import { orderForm } from '../../probes/form.mjs';
import { JANE } from '../../probes/shop.mjs';

const BURSTS = 3;
const AT_ONCE = 8;

export default async (t) => {
  const shop = await t.shop();
  let number = 0;
  /** Somebody who has ordered nothing yet. */
  const somebody = () => ({ ...JANE, customer: { ...JANE.customer, email: `somebody-${++number}@example.com` } });
  const place = async (whose, key) => {
    const headers = key ? { 'idempotency-key': key } : {};
    const answer = await shop.call('POST', '/api/orders', { body: { pieType: 'apple', ...whose }, headers });
    return { status: answer.status, id: answer.body?.orderId };
  };
  const orders = async ({ customer }) => {
    const list = await shop.call('GET', `/api/orders?q=${customer.email}`, { administrator: true });
    return list.body?.orders?.length;
  };

  const hungry = somebody();
  await place(hungry, 'a-first-pie');
  await place(hungry, 'a-second-pie');
  await place(hungry);
  await place(hungry);
  t.require('who asks for several pies gets them', (await orders(hungry)) === 4, `${await orders(hungry)} orders of 4`);

  const caller = somebody();
  const [first, again] = [await place(caller, 'one-call'), await place(caller, 'one-call')];
  const once = (await orders(caller)) === 1;
  t.check('a request that is repeated with its key orders one pie', once, `${await orders(caller)} orders`);
  t.check('it is answered as the first time', again.id !== undefined && again.id === first.id, `answered ${again.status}`);

  const other = await place(somebody(), 'one-call');
  t.check('a key that was used for another order is refused', [409, 422].includes(other.status), `answered ${other.status}`);

  let most = await orders(caller);
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const hasty = somebody();
    await Promise.all(Array.from({ length: AT_ONCE }, () => place(hasty, `burst-${burst}`)));
    most = Math.max(most, await orders(hasty));
  }
  t.check('neither does one that is repeated at the same moment order more', most === 1, `${most} orders of one key`);

  const typist = somebody();
  const send = await orderForm(shop, typist);
  const [sent] = [await send(), await send()];
  t.require('the form orders a pie', sent.status < 400 && (await orders(typist)) > 0, sent.status);
  t.check('a form that is sent twice orders one pie', (await orders(typist)) === 1, `${await orders(typist)} orders`);
  const before = await orders(typist);
  await (await orderForm(shop, typist))();
  t.require('a form that is filled in anew orders another one', (await orders(typist)) === before + 1, `${await orders(typist)} orders after ${before}`);

  await shop.kill();
  await shop.start();
  await place(caller, 'one-call');
  t.check('a key is known after a restart', (await orders(caller)) === 1, `${await orders(caller)} orders`);
};
