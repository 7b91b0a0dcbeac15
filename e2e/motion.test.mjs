// What moves, what shifts, and what it weighs.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { visit } from './browser.mjs';
import { gallery } from './gallery.mjs';

const MOST_BYTES = 150_000;

describe('motion and weight', { concurrency: 1 }, () => {
  let context;
  before(async () => { context = await gallery(); });
  const animations = (page) => page.evaluate(() => document.getAnimations().length);

  for (const [reducedMotion, moves] of [['no-preference', true], ['reduce', false]]) {
    test(`a pie ${moves ? 'moves under the pointer' : 'stands still for who wants no motion'}`, () => visit(async (page) => {
      await page.goto(context.shop.url);
      await page.evaluate(() => {
        window.moved = false;
        addEventListener('transitionrun', () => { window.moved = true; }, true);
      });
      await page.hover('.pie');
      // Two frames later a transition has begun, if there is one.
      await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
      assert.equal(await page.evaluate(() => window.moved), moves);
      const scrolls = await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior);
      assert.equal(scrolls, moves ? 'smooth' : 'auto');
    }, { reducedMotion }));
  }

  test('nothing moves by itself', () => visit(async (page) => {
    const { shop, orders } = context;
    for (const path of ['/', '/track', `/orders/${orders.delivering}`, `/orders/${orders['in error']}`, '/admin/sign-in']) {
      await page.goto(shop.url + path);
      assert.equal(await animations(page), 0, path);
    }
  }, { reducedMotion: 'no-preference' }));

  test('nothing shifts, neither while a page is loaded nor when it changes', () => visit(async (page) => {
    const { shop, orders } = context;
    await page.addInitScript(watchShifts);
    for (const path of ['/', `/orders/${orders.delivering}`, `/orders/${orders.baking}`]) {
      await page.goto(shop.url + path);
      if (path !== '/') await page.waitForFunction(() => window.swaps >= 2);
      assert.deepEqual(await page.evaluate(shifts), [], path);
    }
  }));

  test('the storefront weighs little', () => visit(async (page) => {
    const sizes = [];
    page.on('response', (answer) => sizes.push(answer.body().then((body) => body.length)));
    await page.goto(context.shop.url, { waitUntil: 'networkidle' });
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length > 10 && bytes <= MOST_BYTES, `${bytes} bytes in ${sizes.length} answers`);
  }));
});

/** Notes what shifts, and how often a part of the page is swapped. */
function watchShifts() {
  window.shifts = [];
  window.swaps = 0;
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries())).observe({ type: 'layout-shift' });
  addEventListener('htmx:sseMessage', () => { window.swaps += 1; });
}

/** What has shifted, once it has been painted and told. */
async function shifts() {
  for (let frames = 0; frames < 3; frames++) await new Promise((done) => { requestAnimationFrame(done); });
  return window.shifts.map(({ value, sources }) => `${value}: ${sources.map(({ node }) => node?.textContent)}`);
}
