// The outline of the dashboard, as a screen reader lists it.
import { all, text, tree } from '../../probes/look.mjs';

export default async (t) => {
  const shop = await t.shop();
  const id = await shop.order();
  const page = await t.signedIn(shop);
  for (const [name, path] of [['with orders', '/admin'], ['with none that match', '/admin?status=ERROR']]) {
    await page.goto(shop.url + path);
    const root = await tree(page);
    const headings = all(root, 'heading').filter((heading) => heading.name);
    const levels = headings.map(({ level }) => level);
    const outline = headings.map(({ level, name }) => `${level} ${name}`).join(', ');
    const parts = all(root, 'heading', 'table', 'grid', 'LayoutTable');
    const list = parts.findIndex((part) => part.role !== 'heading' && text(part).includes(id.slice(0, 12)));
    if (list >= 0) t.require('the list has a heading', parts.slice(0, list).some(({ level }) => level > 1), outline);
    t.require(`${name}, its parts have headings`, headings.length >= 2, outline);
    t.require(`${name}, one heading is the page's`, levels.filter((level) => level === 1).length === 1, outline);
    const steps = levels.every((level, at) => level <= (at === 0 ? 1 : levels[at - 1] + 1));
    t.check(`${name}, no level of headings is left out`, steps, outline);
  }
};
