// At stops of the Tab key: the same piece of the page with the focus on it and without.
import { pixels } from '../../probes/look.mjs';

/** Of each kind of stop, so many are looked at. */
const ENOUGH = 2;
/** Pixels that must stand out. */
const PLAIN = 20;
/** A value of a pixel may differ so much from one drawing to the next. */
const NOISE = 8;

export default async (t) => {
  const shop = await t.shop();
  await shop.fault('picker', { mode: 'stuck' });
  const id = await shop.order();
  // So much of the page that nothing scrolls while the focus moves.
  const page = await t.signedIn(shop, { viewport: { width: 1280, height: 1600 } });
  await page.route(/\/live$/, (route) => route.abort());
  await page.goto(`${shop.url}/admin`);
  const blank = await t.page();
  const kinds = { link: [], button: [], select: [], field: [] };
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluateHandle(() => document.activeElement);
    const { kind, html, order, over } = await stop.evaluate(look, id);
    if (over) break;
    if (!kinds[kind] || (kinds[kind].length >= ENOUGH && !order)) continue;
    const seen = await change(page, blank, stop);
    if (seen) kinds[kind].push({ html, ...seen });
    if (order) break;
  }
  for (const [kind, stops] of Object.entries(kinds)) {
    t.require(`the keyboard stops at a ${kind}`, stops.length > 0);
    const hidden = stops.filter(({ clear }) => clear < PLAIN);
    t.check(`a ${kind} shows that it has the focus`, stops.length > 0 && hidden.length === 0, hidden.map(({ html }) => html).join(' '));
  }
  const faint = Object.values(kinds).flat().filter(({ changed, clear }) => changed >= PLAIN && clear < PLAIN);
  if (faint.length > 0) t.undecided(`something changes where the focus is, with less contrast than 3:1: ${faint.map(({ html }) => html).join(' ')}`);
};

/** Which kind of stop an element is; a date shows which part of it has the focus by itself. */
function look(element, id) {
  const kind = { a: 'link', button: 'button', select: 'select', input: /^(text|search|email)$/.test(element.type) ? 'field' : '' }[element.localName];
  const html = element.cloneNode(false).outerHTML.slice(0, 80);
  return { kind, html, order: kind === 'link' && element.href.endsWith(id), over: element === document.body };
}

/**
 * How many pixels change with the focus, and how many of them clearly; null where the element itself moves. Of a
 * browser's own ring WCAG 1.4.11 asks no contrast.
 */
async function change(page, blank, stop) {
  const box = await stop.asElement().boundingBox();
  const edge = 8;
  const clip = { x: Math.max(0, box.x - edge), y: Math.max(0, box.y - edge), width: box.width + 2 * edge, height: box.height + 2 * edge };
  const shoot = async () => pixels(blank, await page.screenshot({ clip, animations: 'disabled' }));
  const focused = await shoot();
  const own = await stop.evaluate((element) => getComputedStyle(element).outlineStyle === 'auto');
  await stop.evaluate((element) => element.blur());
  const moved = JSON.stringify(box) !== JSON.stringify(await stop.asElement().boundingBox());
  const plain = await shoot();
  await stop.evaluate((element) => element.focus());
  if (moved) return null;
  let changed = 0;
  let clear = 0;
  for (let at = 0; at < plain.data.length; at += 4) {
    const [lit, dull] = [focused, plain].map(({ data }) => data.subarray(at, at + 3));
    if (!lit.some((value, i) => Math.abs(value - dull[i]) > NOISE)) continue;
    changed += 1;
    clear += own || contrast(lit, dull) >= 3 ? 1 : 0;
  }
  return { changed, clear };
}

/** As WCAG has it. */
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = [...colour].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
