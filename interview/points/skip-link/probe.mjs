// The first stop of the Tab key leads past the header, whatever it is made of.
const first = () => {
  const stop = document.activeElement;
  const box = stop.getBoundingClientRect();
  const style = getComputedStyle(stop);
  return {
    name: stop.innerText?.trim() ?? '',
    seen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.right > 0 && style.visibility === 'visible' && Number(style.opacity) > 0.1,
    inMain: Boolean(stop.closest('main, [role=main]')),
    tag: stop.localName,
  };
};

export default async (t) => {
  const shop = await t.shop();
  const page = await t.signedIn(shop);
  for (const path of ['/', '/track', '/admin']) {
    await page.goto(shop.url + path);
    t.require(`${path} still has its header's links`, await page.locator('header a, nav a').count() >= 2);
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(first);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100);
    if (new URL(page.url()).pathname !== path) {
      t.check(`${path}: the first stop leads to the content`, false, `it is "${stop.name}", which leads to ${page.url()}`);
      continue;
    }
    const landed = await page.evaluate(first);
    await page.keyboard.press('Tab');
    const next = await page.evaluate(first);
    const past = landed.inMain || next.inMain;
    t.check(`${path}: the first stop leads to the content`, stop.seen && past && !stop.inMain, `it is "${stop.name}", seen: ${stop.seen}; after it the focus is ${next.inMain ? 'in' : 'not in'} the content`);
  }
};
