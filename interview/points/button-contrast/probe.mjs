// The button that sends the order is read as it is painted, in both colour schemes, at rest and under the mouse.
import { fillIn, orders, sender } from '../../probes/order-form.mjs';

/** So large that the inside of a letter has the text's own colour. */
const ZOOM = 4;

/** Reads the colours of a text off two pictures, with it and without it: its own, and the ground's where it is worst. */
const read = async ([written, bare]) => {
  const pixels = async (picture) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, image.width, image.height).data;
  };
  const luminance = (colour) => {
    const [r, g, b] = [16, 8, 0].map((shift) => ((colour >> shift) & 255) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const [ink, ground] = [await pixels(written), await pixels(bare)];
  const texts = new Map();
  const grounds = new Set();
  let inked = 0;
  for (let at = 0; at < ink.length; at += 4) {
    const [now, before] = [ink, ground].map((it) => (it[at] << 16) | (it[at + 1] << 8) | it[at + 2]);
    if (now === before) continue;
    inked += 1;
    texts.set(now, (texts.get(now) ?? 0) + 1);
    grounds.add(before);
  }
  const [text, most] = [...texts].sort(([, a], [, b]) => b - a)[0] ?? [0, 0];
  const hex = (colour) => `#${colour.toString(16).padStart(6, '0')}`;
  const worst = [...grounds].sort((a, b) => contrast(text, a) - contrast(text, b))[0] ?? 0;
  return { ratio: contrast(text, worst), text: hex(text), ground: hex(worst), share: most / inked || 0 };
};

export default async (t) => {
  const shop = await t.shop();
  for (const scheme of ['light', 'dark']) {
    const page = await t.page({ colorScheme: scheme, deviceScaleFactor: ZOOM, bypassCSP: true });
    await page.goto(shop.url);
    const button = sender(page);
    t.require(`${scheme}: the button is there`, await button.isVisible() && await button.isEnabled());
    for (const state of ['at rest', 'under the mouse']) {
      if (state !== 'at rest') await button.hover();
      const { size, weight, marked } = await button.evaluate((it) => {
        const { fontSize, fontWeight, textShadow, webkitTextStrokeWidth } = getComputedStyle(it);
        return { size: parseFloat(fontSize), weight: Number(fontWeight), marked: textShadow !== 'none' || parseFloat(webkitTextStrokeWidth) > 0 };
      });
      const written = await button.screenshot({ caret: 'hide' });
      const gone = 'form :is(button, input), form button * { color: transparent !important; -webkit-text-fill-color: transparent !important; text-shadow: none !important; -webkit-text-stroke: 0 !important; }';
      const bare = await button.screenshot({ caret: 'hide', style: gone });
      const seen = await page.evaluate(read, [written, bare].map((it) => it.toString('base64')));
      // WCAG's large text: 18 points, or 14 points bold.
      const wanted = size >= 24 || (size >= 18.66 && weight >= 700) ? 3 : 4.5;
      const says = `${seen.text} on ${seen.ground} is ${seen.ratio.toFixed(2)}:1; ${size}px, weight ${weight} needs ${wanted}:1`;
      if (seen.share < 0.3 || (marked && seen.ratio < wanted)) t.undecided(`${scheme}, ${state}: the text has no one colour to measure, an outline or a picture: ${says}`);
      if (scheme === 'light') t.check(`${state}: the text stands out from the button`, seen.ratio >= wanted, says);
      else t.require(`${state}, dark: the text stands out from the button`, seen.ratio >= wanted, says);
    }
    if (scheme === 'dark') continue;
    await fillIn(page);
    t.require('the button orders a pie', await orders(page));
  }
};
