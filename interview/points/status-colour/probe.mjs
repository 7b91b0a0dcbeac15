// Three orders in three states: their status cells must differ in shape and not only in colour, and in what is read out.
import { all, cells, pixels, text, tree } from '../../probes/look.mjs';

export default async (t) => {
  const shop = await t.shop();
  const orders = { COMPLETED: await shop.order() };
  await shop.until(orders.COMPLETED, 'COMPLETED');
  await shop.fault('delivery', { mode: 'stuck' });
  orders.DELIVERING = await shop.order();
  await shop.until(orders.DELIVERING, 'DELIVERING');
  await shop.fault('baker', { mode: 'stuck' });
  orders.BAKING = await shop.order();
  for (const [status, id] of Object.entries(orders)) {
    const order = await shop.until(id, status);
    if (order?.status !== status) t.undecided(`an order does not become ${status}: it is ${order?.status}`);
  }
  const page = await t.signedIn(shop, { deviceScaleFactor: 2, viewport: { width: 1280, height: 1600 } });
  await page.goto(`${shop.url}/admin?status=BAKING`);
  const some = await page.innerText('body');
  const brief = (id) => id.slice(-12);
  t.require('the orders can be filtered by status', some.includes(brief(orders.BAKING)) && !some.includes(brief(orders.COMPLETED)));
  await page.goto(`${shop.url}/admin`);
  const every = await page.innerText('body');
  t.require('the dashboard lists the orders', Object.values(orders).every((id) => every.includes(brief(id))));

  const ids = Object.values(orders).map(brief);
  const place = await page.evaluate(column, ids);
  if (place === null) t.undecided('the orders are no table with a column that is called status');
  const rows = all(await tree(page), 'row', 'LayoutTableRow');
  const heard = ids.map((id) => rows.find((row) => text(row).includes(id))).map((row) => row && cells(row));
  if (heard.some((row) => row?.length !== place.cells)) t.undecided('not every cell of the table is read out');
  const said = heard.map((row) => text(row[place.at]));
  const apart = new Set(said).size === said.length && said.every(Boolean);
  if (apart && !said.every((words) => /\p{L}{2}/u.test(words))) t.undecided(`the status is read out in signs: ${said.join(', ')}`);
  t.check('the status is read out', apart, `what is read out: ${JSON.stringify(said)}`);

  const blank = await t.page();
  const shapes = [];
  for (const id of ids) {
    const clip = await page.evaluate(cellOf, [id, place.at]);
    shapes.push(shape(await pixels(blank, await page.screenshot({ clip }))));
  }
  const alike = [[0, 1], [0, 2], [1, 2]].filter(([a, b]) => !differ(shapes[a], shapes[b])).map((pair) => pair.map((at) => Object.keys(orders)[at]).join(' and '));
  t.check('the status can be told without its colour', alike.length === 0, `the same shape: ${alike.join('; ') || 'none'}`);
};

/** Where the column of the status is, and of how many. */
function column(ids) {
  const rows = [...document.querySelectorAll('tr, [role=row]')].filter((row) => row.checkVisibility());
  const orders = ids.map((id) => rows.find((row) => row.textContent.includes(id)));
  const top = orders[0] && rows.find((row) => row.closest('table, [role=table], [role=grid]') === orders[0].closest('table, [role=table], [role=grid]'));
  const at = top ? [...top.children].findIndex((cell) => /^\s*(status|state)/i.test(cell.textContent)) : -1;
  const cells = orders[0]?.children.length;
  return at < 0 || orders.some((row) => row?.children.length !== cells) ? null : { at, cells };
}

/** Where a cell is; nothing is scrolled. */
function cellOf([id, at]) {
  const rows = [...document.querySelectorAll('tr, [role=row]')];
  const row = rows.find((row) => row.checkVisibility() && row.textContent.includes(id));
  const { x, y, width, height } = row.children[at].getBoundingClientRect();
  return { x, y, width, height };
}

/** What stands out from the ground of a picture, without its colour: its size and its points. */
function shape({ width, height, data }) {
  // The edge of a cell may have a line.
  const edge = 6;
  const points = [];
  for (let y = edge; y < height - edge; y++) for (let x = edge; x < width - edge; x++) points.push({ x, y, colour: data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3) });
  const counts = new Map();
  for (const { colour } of points) counts.set(String(colour), (counts.get(String(colour)) ?? 0) + 1);
  const ground = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0].split(',').map(Number);
  const far = ({ colour }) => Math.hypot(...ground.map((value, i) => value - colour[i]));
  const most = Math.max(...points.map(far));
  const inked = most < 12 ? [] : points.filter((point) => far(point) > most / 2);
  const [left, top] = ['x', 'y'].map((axis) => Math.min(...inked.map((point) => point[axis])));
  return new Set(inked.map(({ x, y }) => `${x - left},${y - top}`));
}

/** Whether two shapes differ by more than how their edges are drawn. */
function differ(a, b) {
  const lone = (one, other) => [...one].filter((point) => {
    const [x, y] = point.split(',').map(Number);
    return ![-1, 0, 1].some((dx) => [-1, 0, 1].some((dy) => other.has(`${x + dx},${y + dy}`)));
  }).length;
  return lone(a, b) + lone(b, a) > 12;
}
