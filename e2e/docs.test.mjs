// The API's documentation, to read and to try.
import { test } from 'node:test';
import { visit } from './browser.mjs';
import { isAccessible, losesNothing } from './checks.mjs';
import { gallery } from './gallery.mjs';

test('the API’s page tries calls out, and is accessible with what they answer', () => visit(async (page) => {
  const { shop } = await gallery();
  await page.goto(`${shop.url}/api/docs`);
  const list = page.locator('#operations-Pies-listPies');
  await list.getByRole('button').first().click();
  await list.getByRole('button', { name: 'Execute' }).click();
  await list.locator('.live-responses-table', { hasText: 'Classic Apple Pie' }).waitFor();
  await isAccessible(page);
  await losesNothing(page);
}));
