// Everything works by keyboard, and who looks sees where they are.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { active, visit } from './browser.mjs';
import { gallery } from './gallery.mjs';
import { PAGES, signIn } from './pages.mjs';
import { JANE } from './shop.mjs';

/** All of a page, so that nothing scrolls while the focus moves. */
const TALL = { viewport: { width: 1280, height: 3600 } };
const TABBABLE = 'a[href], button, input:not([type=hidden]):not([hidden]), select, summary, [tabindex="0"]';

describe('by keyboard', { concurrency: 1 }, () => {
  let context;
  before(async () => { context = await gallery(); });
  const open = (page, name) => PAGES.find((it) => it.name === name).open(page, context);
  const asStaff = (page) => signIn(page, `${context.shop.url}/admin/orders/${context.orders.baking}`);

  test('the skip link is first and leads to the content', () => visit(async (page) => {
    for (const name of ['the storefront', 'an order baking', 'signing in']) {
      await open(page, name);
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.className), 'skip', name);
      await page.keyboard.press('Enter');
      assert.equal(await active(page), 'main', name);
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null), name);
    }
  }));

  test('a pie is ordered and cancelled', () => visit(async (page) => {
    await open(page, 'the storefront');
    await tabTo(page, '#pieType');
    await page.keyboard.type('Double');
    for (const field of ['name', 'email', 'phone', 'street', 'city', 'state', 'zip']) {
      await page.keyboard.press('Tab');
      assert.equal(await active(page), field);
      await page.keyboard.type(JANE[field]);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/orders/ord_*');
    assert.equal(await page.textContent('h1'), 'Double-Crust Cherry Pie');
    await tabTo(page, '#cancel-open');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await active(page), 'cancel');
    await page.keyboard.press('Enter');
    await page.locator('#now-title', { hasText: /Cancelled|cancelling/ }).waitFor();
  }));

  test('an order is found by its number', () => visit(async (page) => {
    await open(page, 'finding an order');
    await tabTo(page, '#id');
    await page.keyboard.type(context.orders.baking);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/orders/${context.orders.baking}`);
  }));

  const where = {
    'the storefront with nothing filled in': 'error-summary',
    'the storefront with a form that was sent before': 'error-summary',
    'the storefront with a pie chosen': 'pieType',
    'finding no order': 'error-summary',
    'signing in again': 'notice',
    'signing in with a wrong password': 'error-summary',
  };
  for (const [name, id] of Object.entries(where)) {
    test(`the focus is where it matters: ${name}`, () => visit(async (page) => {
      await open(page, name);
      await page.waitForFunction((wanted) => document.activeElement.id === wanted, id);
    }, { expected: /status of 4\d\d/ }));
  }

  test('each line of an error summary leads to its field', () => visit(async (page) => {
    await open(page, 'the storefront with nothing filled in');
    for (const field of ['pieType', 'name', 'email', 'phone', 'street', 'city', 'state', 'zip']) {
      await page.focus(`.error-summary a[href="#${field}"]`);
      await page.keyboard.press('Enter');
      assert.equal(await active(page), field);
    }
  }, { expected: /status of 422/ }));

  for (const [name, colorScheme, staff] of [
    ['the storefront with nothing filled in', 'light'],
    ['the storefront with nothing filled in', 'dark'],
    ['an order baking', 'dark'],
    ['signing in with a wrong password', 'light'],
    ['the dashboard, paused', 'dark', true],
    ['the staff’s order in error', 'light', true],
    ['the staff’s order ordered', 'dark', true],
  ]) {
    test(`every stop is reached, shown, and left again: ${name}, ${colorScheme}`, () => visit(async (page) => {
      if (staff) await asStaff(page);
      await open(page, name);
      // Some pages begin further down.
      await tabTo(page, '.skip', 'Shift+Tab');
      const stops = [];
      for (let at = await whereabouts(page); at !== 'over'; at = await whereabouts(page)) {
        if (at === 'new') stops.push(await stop(page));
        await page.keyboard.press('Tab');
      }
      assert.deepEqual(stops.filter(({ shown }) => !shown).map(({ html }) => html), [], 'stops that look like any other place');
      assert.equal(stops.length, await page.evaluate(tabbable, TABBABLE));
    }, { ...TALL, colorScheme, bypassCSP: true, expected: /status of 4\d\d/ }));
  }
});

/** Goes on until the focus is on an element. */
async function tabTo(page, selector, key = 'Tab') {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press(key);
    if (await page.evaluate((it) => document.activeElement.matches(it), selector)) return;
  }
  assert.fail(`${selector} is not reached`);
}

/** Whether the focus is on a new element, on a further part of the same one (as in a date), or is through. */
function whereabouts(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body || element.dataset.seen && element !== window.last) return 'over';
    const at = element === window.last ? 'same' : 'new';
    element.dataset.seen = 'yes';
    window.last = element;
    return at;
  });
}

/** The element with the focus, and whether it looks different from how it looks without. */
async function stop(page) {
  const handle = await page.evaluateHandle(() => document.activeElement);
  const html = await handle.evaluate((element) => element.outerHTML.slice(0, 100));
  const box = await handle.boundingBox();
  const edge = 6;
  const clip = { x: Math.max(0, box.x - edge), y: Math.max(0, box.y - edge), width: box.width + 2 * edge, height: box.height + 2 * edge };
  const focused = await page.screenshot({ clip });
  await handle.evaluate((element) => element.blur());
  const shown = !focused.equals(await page.screenshot({ clip }));
  await handle.evaluate((element) => element.focus());
  return { html, shown };
}

/** How many stops there should be: of the buttons of a choice, only the chosen one is. */
function tabbable(selector) {
  const stops = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  return stops.filter((element) => element.type !== 'radio' || element.checked).length;
}
