// What people come for, from the first page to the last.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fill, visit } from './browser.mjs';
import { signIn } from './pages.mjs';
import { JANE, Shop } from './shop.mjs';

describe('journeys', { concurrency: 1 }, () => {
  let shop;
  before(async () => { shop = await Shop.open(); });
  after(() => shop.close());

  test('a customer orders a pie and watches it come', () => visit(async (page) => {
    await page.goto(shop.url);
    await page.getByRole('link', { name: 'Choose Double-Crust Cherry Pie' }).click();
    await page.waitForFunction(() => document.querySelector('#pieType').value === 'cherry');
    await fill(page, { ...JANE, pieType: 'cherry' });
    await page.getByRole('button', { name: 'Order this pie' }).click();
    await page.waitForURL('**/orders/ord_*');
    const id = page.url().split('/').at(-1);
    assert.equal(await page.textContent('#order-id'), id);
    assert.match(await page.textContent('.eta'), /between .* and .*\d+ seconds to go/s);
    await page.locator('#now-title', { hasText: 'Delivered' }).waitFor();
    assert.equal(await page.locator('.stage.is-past').count(), 6);
    await page.getByText('nothing on this page changes any more').waitFor();
    await shop.until(id, 'COMPLETED');
  }));

  test('the ovens are down, an administrator retries, and the pie comes', () => visit(async (customer, context) => {
    await shop.fault('baker', { mode: 'down' });
    await customer.goto(`${shop.url}/orders/${await shop.order()}`);
    await customer.locator('#now-title', { hasText: 'Something went wrong' }).waitFor();
    assert.match(await customer.textContent('#stage-baking'), /failed/);
    const id = await customer.textContent('#order-id');

    const staff = await context.newPage();
    await signIn(staff, `${shop.url}/admin`);
    await staff.click('#attention-error');
    await staff.getByRole('link', { name: id }).click();
    assert.match(await staff.textContent('#order-now .notice.bad'), /Baking failed: \w+/);
    await shop.fault('baker', {});
    await staff.getByLabel('Note for the history').fill('The ovens are on again');
    await staff.getByRole('button', { name: 'Do it' }).click();
    await staff.locator('#notice', { hasText: 'The order goes on.' }).waitFor();

    await customer.locator('#now-title', { hasText: 'Delivered' }).waitFor();
    await staff.locator('#order-now .badge', { hasText: 'Delivered' }).first().waitFor();
    assert.match(await staff.textContent('#order-now'), /retry: The ovens are on again/);
  }));

  test('a customer cancels while the pie is in the oven', () => visit(async (page) => {
    await shop.fault('baker', { mode: 'stuck' });
    await page.goto(`${shop.url}/orders/${await shop.order()}`);
    await page.locator('#now-title', { hasText: 'in the oven' }).waitFor();
    await page.getByText('Cancel this order').click();
    await page.getByRole('button', { name: 'Yes, cancel my order' }).click();
    await page.locator('#now-title', { hasText: 'Cancelled' }).waitFor();
    await shop.until(page.url().split('/').at(-1), 'CANCELLED');
    assert.equal(await page.locator('#cancel').count(), 0);
    await shop.fault('baker', {});
  }));
});

