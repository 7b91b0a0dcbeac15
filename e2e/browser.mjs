// One headless Chromium for all tests of a process.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

let launched;
const browser = () => (launched ??= chromium.launch({
  executablePath: process.env.PIESHOP_TEST_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS,
}));
export const closeBrowser = async () => (await launched)?.close();
after(closeBrowser);

// htmx says this when a live stream breaks off, also because its page is left. The browser connects again.
const STREAM_ENDED = '[object Event]';

/**
 * Opens a page in a browser profile of its own, hands it to `use`, and closes both. What the page writes to the
 * console as an error is a failure, but for what `expected` names.
 */
export async function visit(use, { expected, ...options } = {}) {
  const context = await (await browser()).newContext({
    viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', locale: 'en-US', timezoneId: 'UTC', ...options,
  });
  context.setDefaultTimeout(20_000);
  const errors = [];
  context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  context.on('weberror', (error) => errors.push(error.error().message));
  try {
    await use(await context.newPage(), context);
    assert.deepEqual(errors.filter((text) => text !== STREAM_ENDED && !expected?.test(text)), [], 'errors on the console');
  } finally {
    await context.close();
  }
}

/** The id of the element that has the focus, or its tag's name. */
export const active = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.localName);

/** Fills the order form of the storefront. */
export async function fill(page, { pieType, ...fields }) {
  await page.selectOption('#pieType', pieType);
  for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
}
