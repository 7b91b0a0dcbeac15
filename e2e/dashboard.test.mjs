// The staff sees everything that happens, finds what is stuck, and puts it right.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { active, visit } from './browser.mjs';
import { isAccessible, losesNothing } from './checks.mjs';
import { signIn } from './pages.mjs';
import { Shop } from './shop.mjs';

describe('the dashboard', { concurrency: 1 }, () => {
  let shop;
  // A breaker that opens stays so until it has been seen.
  before(async () => { shop = await Shop.open({ PIESHOP_BREAKER__OPEN_FOR: '3s' }); });
  after(() => shop.close());
  const open = (page, query = '') => signIn(page, `${shop.url}/admin${query}`);
  const row = (page, id) => page.locator(`#row-${id}`);
  /** Orders a pie that nobody can bake. */
  const orderInError = async () => {
    await shop.fault('baker', { mode: 'reject' });
    const id = await shop.order();
    await shop.until(id, 'ERROR');
    await shop.fault('baker', {});
    return id;
  };

  test('of a shop without orders says so', () => visit(async (page) => {
    await open(page, '?live=off');
    await page.getByText('No orders yet').waitFor();
    await isAccessible(page);
    await losesNothing(page);
  }));

  test('changes rows in place, and lets none jump in', () => visit(async (page) => {
    const first = await shop.orderStuckAt('baker');
    await open(page);
    const rows = () => page.locator('#rows tr').evaluateAll((all) => all.map(({ id }) => id));
    const shown = await rows();
    await row(page, first).locator('.badge', { hasText: 'Baking' }).waitFor();
    await shop.fault('baker', {});
    const second = await shop.order();
    await shop.cancel(first);
    await row(page, first).locator('.badge', { hasText: 'Cancelled' }).waitFor();
    await page.locator('#show-news', { hasText: 'One new order – show' }).waitFor();
    assert.deepEqual(await rows(), shown);
    await page.click('#show-news');
    await row(page, second).waitFor();
  }));

  test('leaves the focus, the filter and the charts’ numbers alone', () => visit(async (page) => {
    const id = await shop.order();
    await open(page);
    await page.getByLabel('Show the numbers').check();
    await page.fill('#q', 'jane@');
    for (const [part, selector] of [['#counters', '#counter-BAKING'], ['#rows', `#open-${id}`]]) {
      await page.focus(selector);
      await page.evaluate((it) => { window.before = document.querySelector(`${it} > *`); }, part);
      if (part === '#rows') await shop.order();
      await page.waitForFunction(() => !window.before.isConnected);
      assert.equal(`#${await active(page)}`, selector);
    }
    assert.equal(await page.inputValue('#q'), 'jane@');
    assert.ok(await page.locator('#numbers-orders').isVisible());
  }));

  test('announces errors politely, and nothing else', () => visit(async (page) => {
    await open(page);
    await page.evaluate(() => {
      window.place = document.querySelector('[role=status]');
      window.said = [];
      new MutationObserver(() => window.said.push(window.place.textContent)).observe(window.place, { childList: true });
    });
    const id = await orderInError();
    await page.waitForFunction(() => window.said.at(-1) === 'One order is in error');
    await page.goto(`${shop.url}/admin/orders/${id}`);
    await page.getByLabel('Close').check();
    await page.getByLabel('Note for the history').fill('Out of flour');
    await page.getByRole('button', { name: 'Do it' }).click();
    await shop.until(id, 'CANCELLED');
  }));

  test('stands still when it is paused', () => visit(async (page) => {
    await open(page, '?live=off');
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => {
      window.mutations = 0;
      const observer = new MutationObserver((records) => { window.mutations += records.length; });
      observer.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    await shop.until(await shop.order(), 'COMPLETED');
    assert.equal(await page.evaluate(() => window.mutations), 0);
    assert.equal(await page.locator('[sse-connect], [hx-get]').count(), 0);
  }));

  test('leads to what is stuck, and puts all of it right after asking once more', () => visit(async (page) => {
    const ids = [await orderInError(), await orderInError()];
    await open(page);
    await page.click('#attention-error');
    await page.getByRole('heading', { name: 'Orders in error' }).waitFor();
    assert.equal(await page.locator('#rows tr').count(), 2);
    await page.getByRole('button', { name: 'Review…' }).click();
    await page.getByRole('heading', { name: 'Retry 2 orders?' }).waitFor();
    for (const id of ids) await page.getByRole('link', { name: id }).waitFor();
    await page.getByLabel('Note for the history').fill('A new oven');
    await page.getByRole('button', { name: 'Retry 2 orders' }).click();
    await page.locator('#notice', { hasText: '2 orders were put right.' }).waitFor();
    assert.equal(await active(page), 'notice');
    for (const id of ids) await shop.until(id, 'COMPLETED');
  }));

  test('does nothing to many orders when the session has ended meanwhile', () => visit(async (page, context) => {
    const id = await orderInError();
    const question = `${shop.url}/admin/recovery?attention=error&action=retry`;
    await signIn(page, question);
    await context.clearCookies();
    await page.getByRole('button', { name: 'Retry 1 order' }).click();
    await page.locator('#notice', { hasText: 'You go on where you were' }).waitFor();
    await shop.until(id, 'ERROR');
    await signIn(page, question, page.url());
    await page.getByRole('button', { name: 'Retry 1 order' }).click();
    await page.locator('#notice', { hasText: '1 order was put right.' }).waitFor();
    await shop.until(id, 'COMPLETED');
  }));

  test('breaks a robot on purpose, and shows it', () => visit(async (page) => {
    await open(page);
    await page.selectOption('#fault-baker', 'down');
    await page.getByRole('button', { name: 'Set the fault of Baker' }).click();
    const baker = page.locator('#robot-baker');
    await baker.getByText('Does not answer').waitFor();
    await baker.getByText('Fault switched on: down').waitFor();
    const id = await shop.order();
    await baker.getByText('Breaker open').waitFor();
    await page.selectOption('#fault-baker', 'none');
    await page.getByRole('button', { name: 'Set the fault of Baker' }).click();
    await baker.getByText('Answers', { exact: true }).waitFor();
    await shop.until(id, 'ERROR');
  }));

  test('works without scripts', () => visit(async (page) => {
    const id = await shop.order({ pieType: 'cherry' });
    await open(page);
    await page.selectOption('#pieType', 'cherry');
    await page.getByRole('button', { name: 'Apply' }).click();
    await row(page, id).waitFor();
    assert.equal(await page.locator('#rows tr').count(), 1);
    assert.equal(new URL(page.url()).searchParams.get('pieType'), 'cherry');
    await shop.until(id, 'COMPLETED');
    await page.getByRole('link', { name: 'Refresh' }).click();
    await row(page, id).locator('.badge', { hasText: 'Delivered' }).waitFor();
    await page.getByRole('link', { name: 'Clear the filter' }).click();
    await page.locator('#rows tr').nth(1).waitFor();
  }, { javaScriptEnabled: false }));

  test('draws in its charts what stands in their tables', () => visit(async (page) => {
    await orderInError();
    await open(page);
    const counted = () => [...document.querySelectorAll('#numbers-errors td')].some((cell) => cell.textContent !== '0');
    await page.waitForFunction(counted);
    for (const chart of ['orders', 'errors']) {
      const { drawn, told, heights } = await page.evaluate((name) => {
        const bars = [...document.querySelectorAll(`#chart-${name} rect`)];
        return {
          drawn: bars.map((bar) => bar.dataset.value),
          heights: bars.map((bar) => bar.height.baseVal.value),
          told: [...document.querySelectorAll(`#numbers-${name} td`)].map((cell) => cell.textContent),
        };
      }, chart);
      assert.deepEqual(drawn, told);
      assert.ok(told.some((number) => parseFloat(number) > 0), `${chart}: ${told}`);
      const most = Math.max(...told.map(Number));
      const top = Math.max(...heights);
      told.forEach((number, index) => assert.ok(Math.abs(heights[index] / top - number / most) < 0.06, `${chart}: ${told} as ${heights}`));
    }
  }));
});
