// Which names stand where none is taken, and which replace what they stand on.
import { all, cells, text, tree } from '../../probes/look.mjs';

export default async (t) => {
  const shop = await t.shop();
  const id = await shop.order();
  const page = await t.signedIn(shop);
  await page.goto(`${shop.url}/admin`);
  const isOrder = (row) => text(row).includes(id.slice(0, 12));
  const root = await tree(page);
  const row = all(root, 'row', 'LayoutTableRow').find(isOrder);
  t.require('the order is a row of a table', row && cells(row).length > 4, row ? `it has ${cells(row).length} cells` : 'it is none');
  t.require('the row tells of the order', row && text(row).includes('Jane Doe'));
  const ways = all(root, 'navigation');
  t.require('what may have a name has kept it', ways.length > 0 && ways.every(({ name }) => name), ways.map(({ name }) => `"${name}"`).join(', '));
  const stops = await page.evaluate(idle);
  t.require('the keyboard stops only where something can be done', stops.length === 0, stops.join(' '));

  const { violations, incomplete } = await t.axe(page, { only: ['aria-prohibited-attr'] });
  const refused = [...violations, ...incomplete];
  t.check('a name stands only where one is taken', refused.length === 0, refused.join('; '));
  const replaced = row ? cells(row).filter((cell) => cell.name && !bare(cell.name).includes(bare(text(cell)))) : [];
  t.check('no name replaces what a cell says', row && replaced.length === 0, replaced.map((cell) => `"${text(cell)}" is called "${cell.name}"`).join('; '));
};

const bare = (words) => words.replace(/\s+/g, '');

/** Stops of the keyboard, and what passes for a control, where nothing can be done; a part that scrolls has to be one. */
function idle() {
  const controls = 'a, button, input, select, textarea, summary';
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflow);
  return [...document.querySelectorAll('main [tabindex="0"], main [role=button], main [role=link]')]
    .filter((element) => !element.matches(controls) && !scrolls(element))
    .map((element) => element.cloneNode(false).outerHTML);
}
