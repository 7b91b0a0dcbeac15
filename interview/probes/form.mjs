// The order form as its page brings it, sent the way a browser sends it.

/** Loads the form and fills it in; what is returned sends it, as often as it is called. */
export const orderForm = async (shop, { pieType = 'apple', customer, deliveryAddress }) => {
  const page = await shop.call('GET', '/');
  const [form] = page.text.match(/<form\b[\s\S]*?<\/form>/gi)?.filter((it) => it.includes('pieType')) ?? [];
  if (!form) throw new Error('the page / has no form with the field pieType');
  const attribute = (tag, name) => tag.match(new RegExp(`\\b${name}="([^"]*)"`, 'i'))?.[1] ?? '';
  const hidden = form.match(/<input\b[^>]*>/gi)?.filter((it) => attribute(it, 'type') === 'hidden') ?? [];
  const brought = hidden.map((it) => [attribute(it, 'name'), attribute(it, 'value')]);
  const body = new URLSearchParams({ ...Object.fromEntries(brought), pieType, ...customer, ...deliveryAddress }).toString();
  const cookie = page.headers.getSetCookie().map((it) => it.split(';')[0]).join('; ');
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(cookie && { cookie }) };
  return () => shop.call('POST', attribute(form, 'action') || '/', { body, headers });
};
