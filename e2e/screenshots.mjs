// The pictures of the README: a customer's page, and the kitchen's.
import { mkdir, writeFile } from 'node:fs/promises';
import { closeBrowser, visit } from './browser.mjs';
import { signIn } from './pages.mjs';
import { Shop } from './shop.mjs';

const FOLDER = new URL('../docs/images/', import.meta.url);
const MOST_BYTES = 100_000;
const GUESTS = [
  ['Ada Lovelace', 'apple'], ['Grace Hopper', 'pumpkin'], ['Alan Turing', 'cherry'], ['Katherine Johnson', 'apple'],
  ['Edsger Dijkstra', 'blueberry'], ['Barbara Liskov', 'cherry'], ['Donald Knuth', 'apple'], ['Frances Allen', 'pumpkin'],
];

const shop = await Shop.open();
try {
  await mkdir(FOLDER, { recursive: true });
  const order = ([name, pieType]) => shop.order({ name, pieType });
  const delivered = await Promise.all(GUESTS.slice(0, 3).map(order));
  for (const id of delivered) await shop.until(id, 'COMPLETED');
  await shop.fault('baker', { mode: 'reject' });
  await shop.until(await order(GUESTS[3]), 'ERROR');
  await shop.fault('baker', {});
  const flying = await shop.orderStuckAt('delivery', { name: GUESTS[4][0], pieType: GUESTS[4][1] });
  await shop.orderStuckAt('baker', { name: GUESTS[5][0], pieType: GUESTS[5][1] });
  await shop.orderStuckAt('picker', { name: GUESTS[6][0], pieType: GUESTS[6][1] });
  // What has begun stays as it is.
  for (const robot of ['picker', 'baker', 'delivery']) await shop.fault(robot, {});
  await visit(async (page) => {
    await page.goto(`${shop.url}/orders/${flying}`);
    await page.locator('.map').waitFor();
    await take(page, 'order.jpeg');
    await signIn(page, `${shop.url}/admin`);
    await page.locator('#rows .badge', { hasText: 'Error' }).waitFor();
    await take(page, 'dashboard.jpeg');
  }, { viewport: { width: 1280, height: 960 } });
} finally {
  await shop.close();
  await closeBrowser();
}

/** As good as it fits. */
async function take(page, name) {
  // What a machine without a desktop has for `system-ui` is not what people see.
  await page.evaluate(() => document.documentElement.style.setProperty('--sans', 'Inter'));
  for (let quality = 80; quality > 0; quality -= 10) {
    const picture = await page.screenshot({ type: 'jpeg', quality });
    if (picture.length <= MOST_BYTES) return writeFile(new URL(name, FOLDER), picture);
  }
  throw new Error(`${name} does not fit ${MOST_BYTES} bytes`);
}
