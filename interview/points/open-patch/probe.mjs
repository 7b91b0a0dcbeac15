// Who changes an order has to show that they may, and whoever may not changes nothing.
const STRANGERS = {
  'nobody at all': {},
  'a wrong token': { authorization: 'Bearer not-the-token-of-anybody' },
  'another scheme': { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
};
const REFUSED = [401, 403, 404];

export default async (t) => {
  const shop = await t.shop();
  // An order that stays where it is can be changed.
  await shop.fault('picker', { mode: 'stuck' });
  const id = await shop.order();
  const path = `/api/orders/${id}`;
  const edit = async (street, options) => {
    const headers = { 'if-match': (await shop.call('GET', path)).headers.get('etag') ?? '*', ...options.headers };
    const body = { deliveryAddress: { street, city: 'Springfield', state: 'IL', zip: '62701' } };
    const { status } = await shop.call('PATCH', path, { body, ...options, headers });
    return { status, changed: (await shop.look(id))?.deliveryAddress?.street === street };
  };
  const allowed = await edit('9 Right Way', { administrator: true });
  t.require('the administrator changes an order', allowed.status === 200 && allowed.changed, `answered ${allowed.status}`);
  for (const [who, headers] of Object.entries(STRANGERS)) {
    const { status, changed } = await edit(`1 Way of ${who}`, { headers });
    if (!changed && !REFUSED.includes(status)) t.undecided(`${who}: nothing was changed, but the answer was ${status}`);
    t.check(`${who} changes no order`, !changed && REFUSED.includes(status), `answered ${status}, the order is ${changed ? 'changed' : 'as it was'}`);
  }
  const seen = await shop.call('GET', path);
  t.require('the customer still sees the order', seen.status === 200, seen.status);
};
