// The list comes in pages of a bounded size, and page by page all of it comes.

/** More orders than were ever on a page. */
const ORDERS = 230;
const AT_ONCE = 16;
/** What others call a page's size, its number, and where it begins. */
const SIZES = ['limit', 'pageSize', 'page_size', 'perPage', 'per_page', 'size', 'count', 'first', 'take'];
const NUMBERS = ['page', 'pageNumber', 'page_number', 'p'];
const OFFSETS = ['offset', 'skip', 'start', 'from_index'];
const CURSORS = ['cursor', 'after', 'before', 'pageToken', 'page_token', 'token', 'startingAfter', 'starting_after'];

export default async (t) => {
  const shop = await t.shop();
  await shop.fault('picker', { mode: 'stuck' });
  const place = async (lane) => { for (let n = lane; n < ORDERS; n += AT_ONCE) await shop.order(); };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => place(lane)));
  const get = async (query) => {
    const answer = await shop.call('GET', `/api/orders${query}`, { administrator: true });
    return { ...answer, query, found: answer.body?.orders?.map(({ orderId }) => orderId) };
  };
  const page = await get('');
  t.require('the list shows orders, the newest first', page.found?.length > 0 && `${page.found}` === `${[...page.found].sort().reverse()}`, `answered ${page.status}`);
  const none = await get('?status=COMPLETED');
  t.require('the list is still filtered', none.found?.length === 0, `answered ${none.status} with ${none.found?.length} orders`);
  if (!page.found) return;

  /** The first of these names with which something else comes than without. */
  const takes = async (names, value) => {
    for (const name of names) {
      const { found } = await get(`?${name}=${value}`);
      if (found && `${found}` !== `${page.found}`) return name;
    }
    return null;
  };
  const told = ['an answer holds a bounded number of orders', 'page by page every order comes once', 'nobody can ask for all orders at once'];
  if (page.found.length === ORDERS) {
    for (const size of SIZES) {
      const less = await get(`?${size}=7`);
      if (less.found?.length < ORDERS) t.undecided(`${size}=7 brings ${less.found.length} orders; without it all ${ORDERS} come`);
    }
    told.forEach((name) => t.check(name, false, `all ${ORDERS} come at once`));
    return;
  }
  t.check(told[0], page.found.length < ORDERS, `${page.found.length} of ${ORDERS}`);
  const cursor = await takes(CURSORS, page.found.at(-1));
  const [number, offset] = [await takes(NUMBERS, 2), await takes(OFFSETS, page.found.length)];

  /** The query of the page after this one, in any of the usual ways; null after the last. */
  const after = (answer, page, seen) => {
    const link = answer.headers.get('link')?.match(/<([^>]*)>\s*;[^,]*rel="?next"?/i)?.[1];
    const named = Object.entries(answer.body).find(([name, value]) => /next|cursor/i.test(name) && typeof value === 'string' && value);
    const url = link ?? (named && /[/?]/.test(named[1]) ? named[1] : null);
    if (url) return new URL(url, `${shop.url}/api/orders`).search;
    if (named) return `?${cursor ?? 'cursor'}=${encodeURIComponent(named[1])}`;
    if (number) return `?${number}=${page}`;
    return offset ? `?${offset}=${seen}` : null;
  };
  const seen = [...page.found];
  let last = page;
  for (let next = 2; next <= ORDERS && last.found?.length; next += 1) {
    const query = after(last, next, seen.length);
    if (!query) break;
    last = await get(query);
    seen.push(...(last.found ?? []));
  }
  if (last === page) t.undecided(`${page.found.length} of ${ORDERS} orders come, and nothing tells how to get the others`);
  t.check(told[1], seen.length === ORDERS && new Set(seen).size === ORDERS, `${seen.length} came, ${new Set(seen).size} different ones of ${ORDERS}`);

  const size = (await takes(SIZES, 7)) ?? 'limit';
  const greedy = await get(`?${size}=1000000`);
  if (greedy.found?.length === ORDERS) t.undecided(`${size}=1000000 brings all ${ORDERS} orders; whether there is a bound above has to be read`);
  t.check(told[2], greedy.status < 500, `${size}=1000000 is answered ${greedy.status}`);
};
