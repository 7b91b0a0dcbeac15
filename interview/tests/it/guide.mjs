// Fills the score sheet as two raters do: `node guide.mjs FOLDER`, which holds guide.html.
import assert from 'node:assert/strict';
import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAccessible, launch } from './page.mjs';

const folder = process.argv[2];
const address = pathToFileURL(join(folder, 'guide.html')).href;

const browser = await launch();
try {
  await aPageOfItsOwn();
  await aPool();
  const ann = await rate('Ann', { 'skip-link': 5, consistency: 4, scaling: 'not reached' }, 'skip-link');
  const ben = await rate('Ben', { 'skip-link': 2, consistency: 2, scaling: 3 });
  await compare(ann, ben);
  await strangeFiles(ann);
} finally {
  await browser.close();
}

async function open() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', locale: 'en-US' });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.requests = [];
  page.asked = [];
  page.on('request', (request) => page.requests.push(request.url()));
  page.on('console', (message) => assert.notEqual(message.type(), 'error', message.text()));
  page.on('pageerror', (error) => assert.fail(error));
  page.on('dialog', (dialog) => { page.asked.push(dialog.type()); return dialog.accept(); });
  await page.goto(address);
  return page;
}

/** Nothing is loaded, all fits, axe is content, and the keyboard reaches what can be done. */
async function aPageOfItsOwn() {
  const page = await open();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'candidate');
  await isAccessible(page);
  for (const width of [320, 640, 1440]) {
    await page.setViewportSize({ width, height: 700 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `does not fit ${width} pixels`);
  }
  assert.deepEqual(page.requests.filter((url) => url !== address && !url.startsWith('data:')), []);
  await page.close();
}

/** Points are picked until the time is full; what is not picked is neither shown nor counted. */
async function aPool() {
  const page = await open();
  const minutes = await page.$$eval('.point', (points) => points.map((it) => Number(it.dataset.minutes)));
  const total = minutes.reduce((one, next) => one + next);
  assert.ok(total > 40, 'the points of this test are a pool');
  assert.match(await page.innerText('.notice'), new RegExp(`${total} minutes of points for 40 minutes`));
  assert.equal(await page.locator('.point:visible').count(), minutes.length);
  await page.check('[name=ask-consistency]');
  assert.deepEqual(await page.$$eval('.point', (points) => points.filter((it) => !it.hidden).map((it) => it.dataset.id)), ['consistency']);
  await page.click('#all');
  assert.match(await page.innerText('#picked'), new RegExp(`${total} of 40 minutes. That is ${total - 40} too many`));
  await page.close();
}

/** Rates in a browser of one's own, saves, and opens the file again; returns the file. */
async function rate(rater, scores, hinted) {
  const page = await open();
  await enter(page, rater, scores, hinted);
  await page.reload();
  assert.deepEqual(page.asked.splice(0), ['beforeunload'], 'who leaves without saving is asked');
  assert.equal(await page.inputValue('#rater'), '');
  await enter(page, rater, scores, hinted);
  const before = await sums(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  assert.equal(download.suggestedFilename(), `score-jo-doe-${rater.toLowerCase()}.json`);
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  await page.reload();
  assert.deepEqual(page.asked, [], 'who has saved may leave');
  await page.setInputFiles('#open', file);
  await page.getByText(`Opened the sheet of ${rater} for Jo Doe.`).waitFor();
  assert.deepEqual(await sums(page), before);
  assert.equal(await page.inputValue('#note-consistency'), `<b>${rater}</b> heard this`);
  assert.equal(await page.isChecked('[name=evidence-consistency-0][value=yes]'), true);
  await page.close();
  return file;
}

async function enter(page, rater, scores, hinted) {
  await page.fill('#candidate', 'Jo Doe');
  await page.fill('#rater', rater);
  await page.selectOption('#level', 'mid');
  for (const [id, score] of Object.entries(scores)) {
    await page.check(`[name=ask-${id}]`);
    // By keyboard, as radio buttons are chosen.
    await page.focus(`[name=score-${id}][value="1"]`);
    await page.keyboard.press('Space');
    const steps = score === 'not reached' ? 5 : score - 1;
    for (let step = 0; step < steps; step += 1) await page.keyboard.press('ArrowDown');
    await page.check(`[name=evidence-${id}-0][value=yes]`);
    await page.fill(`#note-${id}`, `<b>${rater}</b> heard this`);
  }
  assert.equal(await page.isVisible('#point-skip-link .anchor.senior'), false);
  if (!hinted) return;
  await page.check(`[name=hint-${hinted}] >> nth=0`);
  assert.equal(await page.innerText(`#counts-${hinted}`), 'Counts as 4: the hints allow no more.');
}

function cells(page, selector) {
  const text = (rows) => rows.filter((it) => !it.hidden).map((row) => [...row.cells].map((it) => it.querySelector('select')?.value ?? it.innerText));
  return page.$$eval(selector, text);
}

function sums(page) {
  return cells(page, '[data-sums]');
}

/** One's own first, then the other's beside it; what is far apart is marked. */
async function compare(ann, ben) {
  const page = await open();
  await page.setInputFiles('#other', ben);
  await page.getByText('Rate on your own first').waitFor();
  await page.setInputFiles('#open', ann);
  await page.setInputFiles('#other', ann);
  await page.getByText('That sheet is of Ann too').waitFor();
  await page.setInputFiles('#other', ben);
  await page.getByText('Added the sheet of Ben.').waitFor();
  assert.deepEqual(await cells(page, '[data-scores]'), [
    // The first hint takes Ann's 5 down to 4.
    ['1. No way past the header by keyboard', '4', '2', '2: talk', ''],
    ['2. The database says one thing, the robot another', '4', '2', '2: talk', ''],
    ['4. A thousand orders an hour, then ten thousand', 'not reached', '3', 'unlike: talk', ''],
  ]);
  for (const [id, score] of [['skip-link', '4'], ['consistency', '3'], ['scaling', 'not reached']]) await page.selectOption(`[name=agreed-${id}]`, score);
  assert.deepEqual(await sums(page), [
    ['Accessibility', '4 (mean 4.0)', '2 (mean 2.0)', '4 (mean 4.0)'],
    ['Backend architecture', '4 (mean 4.0)', '2 (mean 2.0)', '3 (mean 3.0)'],
    ['Production readiness', '–', '3 (mean 3.0)', '–'],
    ['All', '8 (mean 4.0)', '7 (mean 2.3)', '7 (mean 3.5)'],
  ]);
  assert.match(await page.innerText('#apart'), /^Talk about 3 points/);
  assert.match(await page.innerText('#notes'), /the robot another: yes, –, –, –\. <b>Ben<\/b> heard this/);
  await isAccessible(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  const both = JSON.parse(await readFile(await download.path(), 'utf8'));
  assert.equal(both.other.rater, 'Ben');
  assert.equal(both.points.consistency.agreed, '3');
  await page.close();
}

/** A file that is none of this exercise changes nothing. */
async function strangeFiles(ann) {
  const page = await open();
  const sheet = JSON.parse(await readFile(ann, 'utf8'));
  const files = [
    ['no json', 'is no score sheet'],
    [JSON.stringify({ ...sheet, exercise: { ...sheet.exercise, source: 'another' } }), 'is of another exercise'],
    [JSON.stringify({ ...sheet, points: {} }), 'is damaged'],
    [JSON.stringify(sheet).replace('"score":"5"', '"score":"9"'), 'is damaged'],
    [JSON.stringify(sheet).replace('"hints":["1"]', '"hints":["8"]'), 'is damaged'],
  ];
  for (const [text, complaint] of files) {
    const file = join(folder, 'strange.json');
    await writeFile(file, text);
    await page.setInputFiles('#open', file);
    await page.locator('#said', { hasText: complaint }).waitFor();
    assert.equal(await page.inputValue('#rater'), '');
  }
  await page.close();
}
