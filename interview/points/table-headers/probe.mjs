// The orders' table as a screen reader is told of it, whatever it is made of.
import { all, cells, text, tree } from '../../probes/look.mjs';

export default async (t) => {
  const shop = await t.shop();
  const ids = [await shop.order(), await shop.order()];
  const page = await t.signedIn(shop);
  await page.goto(`${shop.url}/admin`);
  const shown = await page.innerText('body');
  t.require('the dashboard lists the orders', ids.every((id) => shown.includes(id.slice(0, 12))) && shown.includes('Jane Doe'));
  const isOrder = (row) => ids.some((id) => text(row).includes(id.slice(0, 12)));
  const tables = all(await tree(page), 'table', 'grid', 'treegrid', 'LayoutTable');
  const rows = tables.map((table) => all(table, 'row', 'LayoutTableRow')).find((list) => list.some(isOrder)) ?? [];
  const orders = rows.filter(isOrder);
  if (orders.length !== ids.length) t.undecided(`of ${ids.length} orders, ${orders.length} are rows of a table`);

  const columns = Math.max(...orders.map((row) => cells(row).length));
  const top = rows.filter((row) => !isOrder(row)).flatMap(cells);
  const headings = top.filter(({ role, name }) => role === 'columnheader' && name);
  const plain = top.filter((cell) => cell.role !== 'columnheader' && text(cell));
  // The column of the rows' own headings needs none.
  t.check('every column has a heading', headings.length >= columns - 1 && plain.length === 0, `of ${columns} columns, ${headings.length} have a heading; words beside: ${plain.map(text).join(', ') || 'none'}`);
  const named = orders.filter((row) => cells(row).some(({ role, name }) => role === 'rowheader' && name));
  t.check('every row has a heading', named.length === orders.length, `of ${orders.length} orders, ${named.length} have one`);
};
