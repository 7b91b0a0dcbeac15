// Who guesses passwords has to wait.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visit } from './browser.mjs';
import { isAccessible, isBuiltInOrder, losesNothing } from './checks.mjs';
import { PASSWORD, Shop } from './shop.mjs';

test('after too many wrong passwords the page says how long to wait', () => visit(async (page) => {
  const shop = await Shop.open();
  try {
    await page.goto(`${shop.url}/admin/sign-in`);
    await page.fill('#password', PASSWORD);
    // The first pause is short: what comes after it comes at once.
    while ((await page.request.post(page.url(), { form: { password: 'a guess' } })).status() !== 429);
    await page.keyboard.press('Enter');
    await page.locator('#password-error', { hasText: /try again in \d+ s/ }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'error-summary');
    await isBuiltInOrder(page);
    await isAccessible(page);
    await losesNothing(page);
  } finally {
    await shop.close();
  }
}, { expected: /status of 429/ }));
