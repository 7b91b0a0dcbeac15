// What holds for every page.
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 320, height: 640 };
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const RULES = { 'td-has-header': { enabled: true }, 'target-size': { enabled: true } };
/** What axe cannot decide, by rule, with the reason why it is right. */
const UNDECIDED = {};
/** The spacing that readers may set (WCAG 1.4.12). */
const SPACING = '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }';
/** What browsers fill in (the tokens of the HTML standard). */
const AUTOCOMPLETE = {
  name: 'name', email: 'email', phone: 'tel', street: 'address-line1', city: 'address-level2', state: 'address-level1',
  zip: 'postal-code', password: 'current-password',
};

/** Whether axe finds nothing, and nothing that it cannot decide: on a screen in light, on a phone in dark colours. */
export async function isAccessible(page) {
  for (const [colorScheme, size] of [['light', WIDE], ['dark', PHONE]]) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    await isAccessibleNow(page);
  }
}

/** Whether all fits on a phone (WCAG 1.4.10), at 200 %, on a large screen, and with spaced text (1.4.12). */
export async function losesNothing(page) {
  for (const spaced of [false, true]) {
    if (spaced) await page.evaluate(spaceText, SPACING);
    for (const size of [PHONE, { width: 640, height: 450 }, { width: 1440, height: 900 }]) {
      await page.setViewportSize(size);
      assert.ok(await fits(page), `does not fit ${size.width} pixels${spaced ? ' with spaced text' : ''}`);
    }
  }
}

async function isAccessibleNow(page) {
  const axe = new AxeBuilder({ page }).options({ rules: RULES, resultTypes: ['violations', 'incomplete'] });
  // Without frames, results need not be put together in a page of their own.
  const { violations, incomplete } = await axe.withTags(TAGS).setLegacyMode().analyze();
  const found = (results) => results.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
  assert.deepEqual(found(violations), []);
  assert.deepEqual(found(incomplete.filter(({ id }) => !(id in UNDECIDED))), []);
}

function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
}

/** Policies against inline styles do not hold for sheets that a script makes. */
function spaceText(rules) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets.push(sheet);
}

/** Whether title, headings, names, errors and what is live stand as they should. */
export async function isBuiltInOrder(page) {
  const seen = await page.evaluate(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const text = (id) => document.getElementById(id)?.textContent.trim();
    const ids = all('[id]').map((element) => element.id);
    return {
      language: document.documentElement.lang,
      title: document.title,
      wrong: all('.error-summary, .stage.is-failed, .headline img[src*=trouble]').length > 0,
      headings: all('h1, h2, h3, h4, h5, h6').map((heading) => Number(heading.localName[1])),
      twice: ids.filter((id, index) => ids.indexOf(id) !== index),
      mute: all('.badge').filter((badge) => badge.innerText.trim() === '').length,
      status: all('[role=status]').length,
      live: all('[sse-connect]').length,
      autocomplete: Object.fromEntries(all('main input[id]:not([hidden])').map((input) => [input.id, input.autocomplete])),
      loose: all('main input[type=radio]').filter((radio) => !radio.closest('fieldset')?.querySelector('legend')).length,
      undescribed: all('[aria-invalid]').filter((field) => !field.getAttribute('aria-describedby')?.split(' ').some((id) => id.endsWith('-error') && text(id))).length,
      astray: all('.error-summary a').filter((link) => !document.querySelector(`${link.getAttribute('href')}[aria-invalid]`)).length,
    };
  });
  const { headings, title, autocomplete, ...rest } = seen;
  assert.match(title, seen.wrong ? /^Error: .* – Pie Shop/ : /^(?!Error: ).* – Pie Shop/);
  assert.equal(headings.filter((level) => level === 1).length, 1, 'one h1');
  headings.reduce((above, level) => { assert.ok(level <= above + 1, `h${above}, then h${level}`); return level; }, 0);
  for (const [id, token] of Object.entries(AUTOCOMPLETE)) if (id in autocomplete) assert.equal(autocomplete[id], token);
  const { language, wrong, live, status, ...faults } = rest;
  assert.equal(language, 'en');
  assert.ok(status <= 1 && live <= status, 'what is live has one place for announcements');
  assert.deepEqual(faults, { twice: [], mute: 0, loose: 0, undescribed: 0, astray: 0 });
}
