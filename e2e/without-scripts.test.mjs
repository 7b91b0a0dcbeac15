// Pages are forms and links first.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fill, visit } from './browser.mjs';
import { signIn } from './pages.mjs';
import { JANE, Shop } from './shop.mjs';

const WITHOUT = { javaScriptEnabled: false };

describe('without scripts', { concurrency: 1 }, () => {
  let shop;
  before(async () => { shop = await Shop.open(); });
  after(() => shop.close());

  test('a pie is chosen, ordered, followed and cancelled', () => visit(async (page) => {
    await shop.fault('baker', { mode: 'stuck' });
    await page.goto(shop.url);
    await page.getByRole('link', { name: 'Choose Double-Crust Cherry Pie' }).click();
    await page.waitForURL('**/?pie=cherry');
    assert.equal(await page.inputValue('#pieType'), 'cherry');
    await fill(page, { ...JANE, pieType: 'cherry' });
    await page.getByRole('button', { name: 'Order this pie' }).click();
    const id = await page.textContent('#order-id');
    await shop.until(id, 'BAKING');
    await page.getByRole('link', { name: 'Refresh' }).click();
    await page.locator('#now-title', { hasText: 'in the oven' }).waitFor();
    assert.match(await page.textContent('#order-live'), /UTC/);
    await page.getByText('Cancel this order').click();
    await page.getByRole('button', { name: 'Yes, cancel my order' }).click();
    await shop.until(id, 'CANCELLED');
    await shop.fault('baker', {});
    await page.goto(`${shop.url}/track`);
    await page.getByLabel('Order number').fill(id);
    await page.getByRole('button', { name: 'Show my order' }).click();
    await page.locator('#now-title', { hasText: 'Cancelled' }).waitFor();
  }, WITHOUT));

  test('what is wrong is said, and what was typed is kept', () => visit(async (page) => {
    await page.goto(shop.url);
    await fill(page, { ...JANE, email: 'jane', zip: '1' });
    await page.getByRole('button', { name: 'Order this pie' }).click();
    await page.locator('.error-summary a').first().click();
    assert.equal(new URL(page.url()).hash, '#email');
    assert.equal(await page.inputValue('#name'), JANE.name);
    assert.match(await page.textContent('#zip-error'), /12345/);
  }, { ...WITHOUT, expected: /status of 422/ }));

  test('the staff puts an order right', () => visit(async (page) => {
    await shop.fault('baker', { mode: 'reject' });
    const id = await shop.order();
    await shop.until(id, 'ERROR');
    await shop.fault('baker', {});
    await signIn(page, `${shop.url}/admin/orders/${id}`);
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.getByText('The order goes on.').waitFor();
    await shop.until(id, 'COMPLETED');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  }, WITHOUT));
});
