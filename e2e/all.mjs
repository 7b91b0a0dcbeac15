// Every test in one process: they share the browser, and the gallery of orders in every state. Most of the time a test
// waits for a robot, so that some suites can run at once; within one, tests share a shop and its robots.
import { describe } from 'node:test';

const FILES = [
  'pages', 'dashboard', 'journeys', 'live', 'keyboard', 'outages', 'docs', 'motion', 'without-scripts', 'sign-in', 'contrast',
];

describe('the pages', { concurrency: 3 }, async () => {
  for (const file of FILES) await import(`./${file}.test.mjs`);
});
