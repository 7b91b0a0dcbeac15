// Looks at the page of a grade: `node grade.mjs FILE`.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { isAccessible, launch } from './page.mjs';

const browser = await launch();
try {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await page.goto(pathToFileURL(process.argv[2]).href);
  assert.equal(await page.title(), 'Grade – A test', 'what somebody wrote is not run');
  assert.match(await page.innerText('main'), /error\[E0425\]: <b>no<\/b>/);
  await isAccessible(page);
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'does not fit 320 pixels');
} finally {
  await browser.close();
}
