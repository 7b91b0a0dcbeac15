// After a refused order the page says so by itself, and every wrong field says what is wrong with it.
import { setTimeout as pause } from 'node:timers/promises';
import { accessible, tree } from '../../probes/accessible.mjs';
import { FORM, TYPED, field, fillIn, orders, sender } from '../../probes/order-form.mjs';

/** Right for a browser, wrong for the shop, each in its own way. */
const WRONG = { phone: '12', state: 'Illinois', zip: 'six' };

const LIVE = ':is([role=alert], [role=status], [role=log], [aria-live=polite], [aria-live=assertive])';

/** Keeps what scripts put into live regions; what one has from the beginning is read out by few. */
const listen = (live) => {
  window.announced = [];
  const hear = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    const region = element?.closest(live) ?? element?.querySelector(live);
    if (region?.innerText.trim()) window.announced.push(region.innerText.trim());
  };
  const heard = new MutationObserver((records) => records.forEach(({ target, addedNodes }) => [target, ...addedNodes].forEach(hear)));
  // From when the page is read to its end and no script of its own has run.
  document.addEventListener('readystatechange', () => {
    heard.observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ['hidden'] });
  }, { once: true });
};

/** Text of what has the focus; null where that is the whole page, or has the form's fields in it. */
const focused = () => {
  const at = document.activeElement;
  return !at || at === document.body || at.querySelector('input, select, textarea') ? null : at.innerText;
};

/** Words of a text that are not in another one. */
const gained = (text, before) => {
  const words = (it) => it.split(/[^\p{L}\p{N}-]+/u).filter(Boolean);
  const known = new Set(words(before));
  return words(text).filter((word) => !known.has(word)).join(' ');
};

/** Sends the form; false where the browser itself holds it back. */
async function send(page) {
  const loaded = page.waitForEvent('load').catch(() => null);
  const request = page.waitForRequest((it) => it.method() === 'POST', { timeout: 2000 }).catch(() => null);
  await sender(page).click();
  const sent = await request;
  if (sent?.isNavigationRequest()) await loaded;
  else if (sent) await sent.response();
  return sent !== null || page.locator(FORM).evaluate((form) => form.noValidate || form.checkValidity());
}

/** Lets wrong values through to the server. */
const trust = (page) => page.locator(FORM).evaluate((form) => { form.noValidate = true; });

export default async (t) => {
  const shop = await t.shop();
  const page = await t.page();
  await page.addInitScript(listen, LIVE);
  await page.goto(shop.url);
  const browser = await tree(page);
  const native = await field(page, 'pieType').evaluate((it) => it.localName === 'select');
  const names = [...(native ? ['pieType'] : []), ...Object.keys(TYPED)];
  const saying = async (expression) => {
    const { name, description, error } = await accessible(browser, expression);
    return `${name} ${description} ${error}`;
  };
  const said = (name) => saying(`document.querySelector('form:has([name=pieType]) [name="${name}"]')`);
  const fresh = {};
  for (const name of names) fresh[name] = await said(name);
  const [title, text] = [await page.title(), await page.innerText('body')];
  const known = [text, ...Object.values(fresh)].join(' ');
  const debatable = [];

  await fillIn(page, WRONG);
  const held = !(await send(page));
  if (held) {
    await trust(page);
    await send(page);
  }
  let heard = '';
  for (const deadline = Date.now() + 1500; !heard && Date.now() < deadline; await pause(50)) {
    const focus = await page.evaluate(focused);
    const texts = await page.evaluate(() => window.announced);
    if (focus !== null) texts.push(focus, await saying('document.activeElement'));
    heard = gained(texts.join(' '), known);
  }
  t.require('the mistakes are to be read', gained(await page.innerText('body'), known) !== '');
  const now = await page.title();
  const says = `title "${now}", focus on ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 80))}, heard "${heard}"`;
  const alerts = (await page.locator(LIVE).allInnerTexts()).join(' ');
  if (!heard && (held || now !== title || gained(alerts, known))) debatable.push(`that the order was refused is told by the browser, the title, or a live region that was full from the beginning: ${says}`);
  else t.check('the page says by itself that the order was refused', heard !== '', says);
  const own = [];
  for (const name of Object.keys(WRONG)) own.push(gained(await said(name), fresh[name]));
  if (own[0] && new Set(own).size === 1) debatable.push(`all wrong fields say the same: "${own[0]}"`);

  await page.goto(shop.url);
  await trust(page);
  await send(page);
  for (const name of names) {
    const tells = await said(name);
    t.check(`${name} says what is wrong with it`, gained(tells, fresh[name]) !== '', `it says "${tells.trim()}"`);
  }
  await fillIn(page);
  t.require('once all is right, the form orders a pie', await orders(page));
  if (debatable.length) t.undecided(debatable.join('; '));
};
