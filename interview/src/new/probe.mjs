// What is seen from outside, whatever the repair is made of.
export default async (t) => {
  const shop = await t.shop();
  const id = await shop.order();
  t.require('what worked before works still', (await shop.look(id))?.orderId === id);
  t.check('what the flaw breaks holds', false, 'what was seen instead');
};
