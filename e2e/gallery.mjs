// One order in every state that a page can show. Nothing in it moves: the service no longer works on orders.
import { after } from 'node:test';
import { Shop, until } from './shop.mjs';

/** Texts that pages must take: markup, right to left, emoji, and as long as they may be. */
export const NAMES = {
  markup: '<b onclick="alert(1)">Jane</b> & <script>alert(2)</script>',
  'right to left': 'فاطمة الزهراء \u202eevil',
  emoji: '👩‍👩‍👧‍👦 Müller 🥧',
  'of 255 characters': 'W'.repeat(255),
};

let opened;

/** The shop, and the numbers of its orders by the names of their states. */
export const gallery = () => (opened ??= open());
after(async () => (await opened)?.shop.close());

async function open() {
  // Nuts are toasted for so long that a pecan pie stays in the kitchen.
  const shop = await Shop.open({ PIESHOP_PACE: '2000', PIESHOP_KITCHEN__PREP_MINUTES__TOAST_NUTS: '1440' });
  const orders = {};
  const place = async (state, fields) => (orders[state] = await shop.order(fields));

  await place('prepping', { pieType: 'pecan' });
  await place('delivered');
  for (const [kind, name] of Object.entries(NAMES)) {
    await place(`delivered, name ${kind}`, { name, street: `1 ${name}`.slice(0, 255), city: name.slice(0, 100) });
  }
  const delivered = Object.keys(orders).filter((state) => state.startsWith('delivered'));
  await Promise.all(delivered.map((state) => shop.until(orders[state], 'COMPLETED')));

  orders.delivering = await shop.orderStuckAt('delivery');
  await until(async () => (await (await fetch(`${shop.url}/orders/${orders.delivering}`)).text()).includes('id="flown"'));
  orders.baking = await shop.orderStuckAt('baker');
  orders.picking = await shop.orderStuckAt('picker');
  await shop.until(orders.prepping, 'PREPPING');
  await shop.fault('picker', {});
  await shop.fault('baker', { mode: 'reject' });
  await place('in error', { name: NAMES.markup });
  await shop.until(orders['in error'], 'ERROR');
  await place('cancelled');
  await shop.until(orders.cancelled, 'ERROR');
  await shop.cancel(orders.cancelled);
  await shop.until(orders.cancelled, 'CANCELLED');
  orders['being cancelled'] = await shop.orderStuckAt('baker');
  await shop.fault('baker', { mode: 'down' });
  await shop.cancel(orders['being cancelled']);

  await shop.stop();
  await shop.start({ PIESHOP_ORCHESTRATOR__ENABLED: 'false' });
  await place('ordered', { name: NAMES['right to left'] });
  return { shop, orders };
}
