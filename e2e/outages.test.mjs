// What goes wrong between a person and the service, and what becomes of what was typed.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fill, visit } from './browser.mjs';
import { signIn } from './pages.mjs';
import { JANE, Shop, until } from './shop.mjs';

const BUTTON = { name: 'Order this pie' };

describe('a form that is sent', { concurrency: 1 }, () => {
  let shop;
  before(async () => { shop = await Shop.open(); });
  after(() => shop.close());
  const orderedBy = async (name) => (await shop.orders()).filter(({ customer }) => customer.name === name).length;

  test('by a double click orders one pie', () => visit(async (page) => {
    await page.goto(shop.url);
    await fill(page, { ...JANE, name: 'Double Click' });
    await page.getByRole('button', BUTTON).dblclick();
    await page.locator('#order-id').waitFor();
    assert.equal(await orderedBy('Double Click'), 1);
  }));

  test('can be left by back and forward without a second order', () => visit(async (page) => {
    await page.goto(shop.url);
    await fill(page, { ...JANE, name: 'Back Forward' });
    await page.getByRole('button', BUTTON).click();
    const id = await page.textContent('#order-id');
    await page.goBack();
    await page.getByRole('heading', { name: 'Fresh pie' }).waitFor();
    await page.goForward();
    assert.equal(await page.textContent('#order-id'), id);
    await page.reload();
    assert.equal(await page.textContent('#order-id'), id);
    assert.equal(await orderedBy('Back Forward'), 1);
  }));

  test('while the service is down is sent when it is up again, and orders one pie', () => visit(async (page) => {
    await page.goto(shop.url);
    await fill(page, { ...JANE, name: 'Service Down' });
    await shop.stop();
    await page.getByRole('button', BUTTON).click();
    await page.waitForURL('chrome-error://**');
    await shop.start();
    // The browser still has the form, and sends it again.
    await page.reload();
    await page.locator('#order-id').waitFor();
    assert.equal(await orderedBy('Service Down'), 1);
  }, { expected: /ERR_CONNECTION_REFUSED/ }));

  test('by the staff after their session has ended leads back to where they were', () => visit(async (page, context) => {
    const id = await shop.orderStuckAt('baker');
    const address = `${shop.url}/admin/orders/${id}`;
    await signIn(page, address);
    await context.clearCookies();
    await page.getByText('Cancel this order').click();
    await page.getByRole('button', { name: 'Yes, cancel it' }).click();
    await page.locator('#notice', { hasText: 'You go on where you were' }).waitFor();
    assert.deepEqual(await page.evaluate(() => document.activeElement.id), 'notice');
    await signIn(page, address, page.url());
    await shop.until(id, 'BAKING');
    await page.getByText('Cancel this order').click();
    await page.getByRole('button', { name: 'Yes, cancel it' }).click();
    await page.locator('#notice', { hasText: 'being cancelled' }).waitFor();
    await shop.until(id, 'CANCELLED');
    await shop.fault('baker', {});
  }, { expected: /EventSource/ }));
});

describe('while the database is away', { concurrency: 1 }, () => {
  let shop;
  let way;
  before(async () => {
    way = await openWay(new URL(process.env.PIESHOP_TEST_DATABASE_URL));
    shop = await Shop.open({
      PIESHOP_DATABASE__URL: way.url, PIESHOP_DATABASE__CONNECT_TIMEOUT: '500ms', PIESHOP_HTTP__COMMIT_DEADLINE: '1s',
    });
  });
  after(async () => {
    await shop.close();
    way.close();
  });

  test('an order is not lost: what was typed is kept, and can be sent again', () => visit(async (page) => {
    await page.goto(shop.url);
    await fill(page, JANE);
    way.cut();
    await page.getByRole('button', BUTTON).click();
    await page.locator('#error-summary', { hasText: /We cannot take orders|We do not know/ }).waitFor();
    for (const [id, text] of Object.entries(JANE)) assert.equal(await page.inputValue(`#${id}`), text);
    way.mend();
    // The service needs a moment to reach the database again.
    await until(async () => {
      await Promise.all([page.waitForEvent('load'), page.getByRole('button', BUTTON).click()]);
      return page.url().includes('/orders/');
    });
    assert.equal((await shop.orders()).length, 1);
  }, { expected: /status of 503/ }));

  test('pages say so', () => visit(async (page) => {
    const id = await shop.order();
    await signIn(page, `${shop.url}/admin/orders/${id}`);
    way.cut();
    for (const path of [`/orders/${id}`, `/admin/orders/${id}`, '/admin', `/track?id=${id}`]) {
      const answer = await page.goto(shop.url + path);
      assert.equal(answer.status(), 503, path);
      assert.match(await page.textContent('main'), /at the moment/, path);
      assert.match(await page.title(), /^Error: /, path);
    }
    way.mend();
    await page.goto(`${shop.url}/orders/${id}`);
    await page.locator('#order-id', { hasText: id }).waitFor();
  }, { expected: /status of 503/ }));
});

/** A way to a server that can be cut and mended, and the server's URL by that way. */
async function openWay(server) {
  let open = true;
  const sockets = new Set();
  const listener = createServer((here) => {
    if (!open) return here.destroy();
    const there = connect(Number(server.port || 5432), server.hostname);
    for (const [socket, other] of [[here, there], [there, here]]) {
      sockets.add(socket);
      socket.on('close', () => { sockets.delete(socket); other.destroy(); });
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(server);
  url.hostname = '127.0.0.1';
  url.port = listener.address().port;
  // The way cannot look into what is encrypted, nor can it be certified.
  url.searchParams.set('sslmode', 'disable');
  return {
    url: url.href,
    cut() {
      open = false;
      sockets.forEach((socket) => socket.destroy());
    },
    mend() { open = true; },
    close() {
      this.cut();
      listener.close();
    },
  };
}
