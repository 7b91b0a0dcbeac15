// What every exercise does, whatever was planted or mended: the way of an order, the list, the pages.
export default async (t) => {
  const shop = await t.shop();
  const id = await shop.order();
  const order = await shop.until(id, 'COMPLETED', 'ERROR');
  t.require('an order is delivered', order?.status === 'COMPLETED', JSON.stringify(order)?.slice(0, 300));
  const way = order?.history?.map(({ state }) => state).join(' ');
  t.require('its history tells the way', way === 'ORDERED PICKING PREPPING BAKING DELIVERING COMPLETED', way);
  const wrong = await shop.call('POST', '/api/orders', { body: { pieType: 'mud' } });
  t.require('an order that is none is refused', wrong.status === 400, wrong.status);
  const list = await shop.call('GET', '/api/orders', { administrator: true });
  t.require('the administrator sees the orders', list.status === 200 && list.body?.orders?.length === 1, list.status);
  const page = await t.page();
  await page.goto(shop.url);
  t.require('the shop has its form', await page.locator('form [name=pieType]').count() > 0);
  await page.goto(`${shop.url}/orders/${id}`);
  t.require('the order has its page', (await page.innerText('body')).includes(id));
  const admin = await t.signedIn(shop);
  t.require('the dashboard shows the orders', (await admin.innerText('body')).includes(id.slice(0, 12)));
  // Nothing here is a question: all of it is required.
  t.check('all was looked at', true);
};
