// What a probe does and collects.
import { createRequire } from 'node:module';
import { Shop } from './shop.mjs';

// The browser tests bring the packages along.
const require = createRequire(new URL('../../e2e/package.json', import.meta.url));
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export class Trial {
  checks = [];
  required = [];
  #shops = [];
  #browser;

  /** What holds where the flaw is mended, and does not where it is there. `detail` says what was seen. */
  check(name, holds, detail = '') {
    this.checks.push({ name, holds: Boolean(holds), detail: String(detail).slice(0, 500) });
  }

  /** What held before and must hold still: who mends by taking a feature away, has broken it. */
  require(name, holds, detail = '') {
    this.required.push({ name, holds: Boolean(holds), detail: String(detail).slice(0, 500) });
  }

  /** Ends the probe: what it sees is neither the flaw nor a repair that it knows. A person has to look. */
  undecided(why) {
    throw Object.assign(new Error(why), { undecided: true });
  }

  /** Starts the candidate's service with our robots. */
  async shop(settings = {}) {
    const shop = await Shop.open(settings);
    this.#shops.push(shop);
    return shop;
  }

  /** Opens a page in a browser profile of its own. */
  async page(options = {}) {
    const { chromium } = require('playwright-core');
    this.#browser ??= await chromium.launch({ executablePath: process.env.PIESHOP_TEST_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', locale: 'en-US', timezoneId: 'UTC', ...options });
    context.setDefaultTimeout(10_000);
    return context.newPage();
  }

  /** A page that the administrator is signed in on. */
  async signedIn(shop, options) {
    const page = await this.page(options);
    await page.goto(`${shop.url}/admin/sign-in`);
    await page.fill('input[type=password]', shop.password);
    await page.click('main [type=submit]');
    await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'));
    return page;
  }

  /** What axe finds on a page, by the ids of rules; `rules` are switched on besides the usual. */
  async axe(page, { only, rules = {} } = {}) {
    const { AxeBuilder } = require('@axe-core/playwright');
    let axe = new AxeBuilder({ page }).options({ rules }).setLegacyMode();
    if (only) axe = axe.withRules(only);
    const { violations, incomplete } = await axe.analyze();
    const list = (results) => results.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}`));
    return { violations: list(violations), incomplete: list(incomplete) };
  }

  async close() {
    await this.#browser?.close();
    for (const shop of this.#shops) await shop.close();
  }
}
