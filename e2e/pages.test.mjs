// What holds for every page in every state.
import { before, describe, test } from 'node:test';
import { visit } from './browser.mjs';
import { isAccessible, isBuiltInOrder, losesNothing } from './checks.mjs';
import { gallery } from './gallery.mjs';
import { PAGES, signIn } from './pages.mjs';

describe('every page in every state', { concurrency: 1 }, () => {
  let storageState;
  let context;
  before(async () => {
    context = await gallery();
    await visit(async (page, profile) => {
      await signIn(page, `${context.shop.url}/admin/orders/${context.orders.baking}`);
      storageState = await profile.storageState();
    });
  });

  for (const { name, staff, open } of PAGES) {
    test(name, (t) => visit(async (page) => {
      // What is looked at stands still; the live parts have tests of their own.
      await page.route('**/live', () => {});
      await open(page, context);
      await t.test('is built in order', () => isBuiltInOrder(page));
      await t.test('is accessible, light and dark', () => isAccessible(page));
      await t.test('loses nothing on a phone, at 200 %, or with spaced text', () => losesNothing(page));
    }, { storageState: staff && storageState, expected: /status of (4\d\d|503)/ }));
  }
});
