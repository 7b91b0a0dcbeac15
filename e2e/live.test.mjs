// Pages that keep themselves up to date, while somebody reads and types.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { active, visit } from './browser.mjs';
import { signIn } from './pages.mjs';
import { Shop } from './shop.mjs';

const MILESTONES = ['Your fruit is being picked', 'Your pie is being made', 'Your pie is in the oven', 'Your pie is in the air', 'Delivered'];

describe('a page that keeps itself up to date', { concurrency: 1 }, () => {
  let shop;
  before(async () => { shop = await Shop.open(); });
  after(() => shop.close());
  const headline = (page, hasText) => page.locator('#now-title', { hasText }).waitFor();

  test('announces milestones politely, each once, in one place that stays', () => visit(async (page) => {
    await page.goto(`${shop.url}/orders/${await shop.order()}`);
    await page.evaluate(() => {
      window.place = document.querySelector('[role=status]');
      window.said = [];
      new MutationObserver(() => window.said.push(window.place.textContent))
        .observe(window.place, { childList: true, characterData: true, subtree: true });
    });
    await headline(page, 'Delivered');
    await page.waitForFunction(() => window.said.at(-1) === 'Delivered');
    const said = await page.evaluate(() => window.said);
    assert.ok(said.length >= 3, said.join(', '));
    assert.deepEqual(said, MILESTONES.slice(-said.length));
    assert.equal(await page.getByRole('status').count(), 1);
    assert.ok(await page.evaluate(() => window.place === document.querySelector('[role=status]')));
    assert.equal(await page.locator('[role=alert], [aria-live=assertive]').count(), 0);
  }));

  test('leaves the focus where it is', () => visit(async (page) => {
    await shop.fault('picker', { mode: 'slow', latencyMs: 1500 });
    await page.goto(`${shop.url}/orders/${await shop.order()}`);
    await page.focus('#pause');
    await page.evaluate(() => { window.before = document.activeElement; });
    await page.waitForFunction(() => !window.before.isConnected);
    assert.equal(await active(page), 'pause');
    await shop.fault('picker', {});
  }));

  for (const id of ['pause', 'cancel-open']) {
    test(`keeps the focus on #${id} when there is nothing left to do`, () => visit(async (page) => {
      const order = await shop.orderStuckAt('baker');
      await page.goto(`${shop.url}/orders/${order}`);
      await page.focus(`#${id}`);
      await shop.cancel(order);
      await headline(page, 'Cancelled');
      await page.getByText('This order is over').waitFor();
      assert.equal(await active(page), id);
      await shop.fault('baker', {});
    }));
  }

  test('shows the same on the map, beside it and in words', () => visit(async (page) => {
    await page.goto(`${shop.url}/orders/${await shop.orderStuckAt('delivery')}`);
    await shop.fault('delivery', {});
    await page.locator('.map').waitFor();
    const shown = await page.evaluate(() => {
      const places = [...document.querySelectorAll('.map g')].map((it) => it.transform.baseVal[0].matrix).map(({ e, f }) => [e, f]);
      const [from, to, drone] = places;
      return {
        drawn: (drone[0] - from[0]) / (to[0] - from[0]),
        told: Number(document.querySelector('.map').dataset.percent),
        flown: Number(document.querySelector('#flown').textContent),
        words: document.querySelector('.flight figcaption').textContent,
      };
    });
    assert.equal(shown.told, shown.flown);
    assert.ok(Math.abs(shown.drawn * 100 - shown.told) <= 2, JSON.stringify(shown));
    assert.match(shown.words, new RegExp(`(^|\\D)${shown.told} %|about to land`));
  }));

  test('stands still when it is paused, and goes on', () => visit(async (page, context) => {
    const id = await shop.orderStuckAt('baker');
    const moving = await context.newPage();
    await moving.goto(`${shop.url}/orders/${id}`);
    await moving.evaluate(countMutations);
    await page.goto(`${shop.url}/orders/${id}`);
    await page.getByRole('link', { name: 'Pause updates' }).click();
    await page.waitForURL('**?live=off');
    await page.waitForLoadState('networkidle');
    await page.evaluate(countMutations);
    await shop.cancel(id);
    await headline(moving, 'Cancelled');
    assert.ok(await moving.evaluate(() => window.mutations) > 0);
    assert.equal(await page.evaluate(() => window.mutations), 0);
    await page.getByRole('link', { name: 'Resume updates' }).click();
    await headline(page, 'Cancelled');
    await shop.fault('baker', {});
  }));

  test('catches up when the service was away', () => visit(async (page) => {
    await shop.fault('delivery', { mode: 'down' });
    await page.goto(`${shop.url}/orders/${await shop.order()}`);
    await headline(page, 'in the oven');
    await shop.stop();
    await shop.fault('delivery', {});
    await shop.start();
    await headline(page, 'Delivered');
  }, { expected: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/ }));

  test('leads the staff to the sign-in when their session has ended', () => visit(async (page, context) => {
    const id = await shop.orderStuckAt('baker');
    const address = `${shop.url}/admin/orders/${id}`;
    const live = page.waitForResponse('**/live');
    await signIn(page, address);
    await live;
    await context.clearCookies();
    await shop.edit(id, { city: 'Chicago' });
    await page.locator('#notice', { hasText: 'You go on where you were' }).waitFor();
    await signIn(page, address, page.url());
    assert.match(await page.textContent('#order-now'), /edited 1 times/);
    await shop.fault('baker', {});
  }, { expected: /status of 401/ }));

  test('leaves alone what the staff is typing', () => visit(async (page) => {
    const id = await shop.orderStuckAt('baker');
    await signIn(page, `${shop.url}/admin/orders/${id}`);
    await page.locator('#order-now .badge', { hasText: 'Baking' }).first().waitFor();
    await page.fill('#city', 'Half a na');
    await page.evaluate(() => { window.before = document.querySelector('#order-now > *'); });
    await shop.edit(id, { city: 'Chicago' });
    await page.waitForFunction(() => !window.before.isConnected);
    assert.match(await page.textContent('#order-now'), /edited 1 times/);
    assert.deepEqual([await page.inputValue('#city'), await active(page)], ['Half a na', 'city']);
    await shop.fault('baker', {});
  }));
});

function countMutations() {
  window.mutations = 0;
  const observer = new MutationObserver((records) => { window.mutations += records.length; });
  observer.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
}
