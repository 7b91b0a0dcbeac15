// Every page in every state: `open` brings a browser's page there. Those of the staff want a session.
import { fill } from './browser.mjs';
import { NAMES } from './gallery.mjs';
import { JANE, PASSWORD } from './shop.mjs';

const UNKNOWN = 'ord_01jx0000000000000000000000';

const SHOP = {
  'the storefront': (page, { shop }) => page.goto(shop.url),
  'the storefront with a pie chosen': (page, { shop }) => page.goto(`${shop.url}/?pie=cherry`),
  'the storefront with nothing filled in': async (page, { shop }) => {
    await page.goto(shop.url);
    await send(page, 'Order this pie');
  },
  'the storefront with odd names and a wrong e-mail': async (page, { shop }) => {
    await page.goto(shop.url);
    const odd = { name: NAMES.markup, street: NAMES['right to left'], city: NAMES.emoji, email: NAMES['of 255 characters'] };
    await fill(page, { ...JANE, ...odd });
    await send(page, 'Order this pie');
  },
  'the storefront with a form that was sent before': async (page, { shop }) => {
    await page.goto(shop.url);
    const key = await page.inputValue('[name=key]');
    await page.request.post(shop.url, { form: { ...JANE, key } });
    await fill(page, { ...JANE, name: 'Somebody else' });
    await send(page, 'Order this pie');
  },
  'finding an order': (page, { shop }) => page.goto(`${shop.url}/track`),
  'finding no order': (page, { shop }) => page.goto(`${shop.url}/track?id=${UNKNOWN}`),
  'finding an order without a number': (page, { shop }) => page.goto(`${shop.url}/track?id=`),
  'an order that does not exist': (page, { shop }) => page.goto(`${shop.url}/orders/${UNKNOWN}`),
  'a page that does not exist': (page, { shop }) => page.goto(`${shop.url}/pies/plum`),
  'signing in': (page, { shop }) => page.goto(`${shop.url}/admin/sign-in`),
  'signing in again': (page, { shop, orders }) => page.goto(`${shop.url}/admin/orders/${orders.baking}`),
  'signing in with a wrong password': async (page, { shop }) => {
    await page.goto(`${shop.url}/admin/sign-in`);
    await page.fill('#password', 'a guess');
    await send(page, 'Sign in');
  },
};

const STATES = [
  'ordered', 'picking', 'prepping', 'baking', 'delivering', 'delivered', 'in error', 'cancelled', 'being cancelled',
  ...Object.keys(NAMES).map((kind) => `delivered, name ${kind}`),
];
const order = (state, query = '') => (page, { shop, orders }) => page.goto(`${shop.url}/orders/${orders[state]}${query}`);
const admin = (state, query = '') => (page, { shop, orders }) => page.goto(`${shop.url}/admin/orders/${orders[state]}${query}`);

const board = (path) => (page, { shop }) => page.goto(`${shop.url}/admin${path}`);

const STAFF = {
  'the dashboard': board(''),
  'the dashboard, paused': board('?live=off'),
  'the dashboard with the numbers of its charts': async (page, context) => {
    await board('')(page, context);
    await page.getByLabel('Show the numbers').check();
  },
  'the dashboard of orders in error': board('?attention=error'),
  'the dashboard where nothing matches': board('?q=nobody@example.com'),
  'the dashboard with a wrong filter': board('?from=yesterday&status=FLYING'),
  'the dashboard’s last page': async (page, context) => {
    await board('?limit=8')(page, context);
    await page.getByRole('link', { name: 'Older orders' }).click();
    await page.waitForURL('**cursor=*');
  },
  'the dashboard after putting orders right': board('?done=recovered-2-1'),
  'retrying what matches': board('/recovery?attention=error&action=retry'),
  'closing what matches': board('/recovery?attention=error&action=close'),
  'skipping a stage of what matches without a reason': async (page, context) => {
    await board('/recovery?attention=error&action=skip')(page, context);
    await send(page, 'Skip it for 1 order');
  },
  'putting right what is not wrong': board('/recovery?status=COMPLETED&action=retry'),
  'the staff’s order, paused': admin('baking', '?live=off'),
  'the staff’s order, saved': admin('ordered', '?done=saved'),
  'the staff’s order with a wrong address': async (page, context) => {
    await admin('ordered')(page, context);
    await page.fill('#zip', NAMES.markup);
    await page.fill('#city', '');
    await send(page, 'Save');
  },
  'the staff’s order, changed by somebody else': async (page, context) => {
    await admin('ordered')(page, context);
    await page.$eval('[name=version]', (field) => { field.value = '7'; });
    await send(page, 'Save');
  },
  'the staff’s order, skipped without a reason': async (page, context) => {
    await admin('in error')(page, context);
    await page.getByLabel('Skip').check();
    await send(page, 'Do it');
  },
};

/** Name, whether it is the staff's, and how to open it. */
export const PAGES = [
  ...Object.entries(SHOP).map(([name, open]) => ({ name, open })),
  ...STATES.map((state) => ({ name: `an order ${state}`, open: order(state) })),
  { name: 'an order baking, paused', open: order('baking', '?live=off') },
  ...STATES.map((state) => ({ name: `the staff’s order ${state}`, staff: true, open: admin(state) })),
  ...Object.entries(STAFF).map(([name, open]) => ({ name, staff: true, open })),
];

/** Signs the staff in, and goes on to a page; `from` is where they are asked. */
export async function signIn(page, address, from = address) {
  if (page.url() !== from) await page.goto(from);
  await page.getByLabel('Administrator’s password').fill(PASSWORD);
  await send(page, 'Sign in');
  await page.waitForURL(address);
}

/** Presses a button and waits for the page that comes. */
async function send(page, button) {
  const answer = page.waitForEvent('framenavigated');
  await page.getByRole('button', { name: button }).click();
  await answer;
  await page.waitForLoadState();
}
