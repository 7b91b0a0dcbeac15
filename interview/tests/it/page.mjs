// What the tests of the kit's pages share: the browser, and whether a page is accessible.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// The browser tests bring the packages along.
const require = createRequire(new URL('../../../e2e/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const { AxeBuilder } = require('@axe-core/playwright');

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const RULES = { 'td-has-header': { enabled: true }, 'target-size': { enabled: true } };

export function launch() {
  return chromium.launch({ executablePath: process.env.PIESHOP_TEST_CHROMIUM, args: FLAGS });
}

/** Axe is content, in light, dark and print. */
export async function isAccessible(page) {
  for (const media of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { colorScheme: 'dark', media: 'print' }]) {
    await page.emulateMedia({ media: 'screen', ...media });
    const axe = new AxeBuilder({ page }).options({ rules: RULES, resultTypes: ['violations', 'incomplete'] });
    const { violations, incomplete } = await axe.withTags(TAGS).setLegacyMode().analyze();
    const found = [...violations, ...incomplete].flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
    assert.deepEqual(found, [], JSON.stringify(media));
  }
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
}
