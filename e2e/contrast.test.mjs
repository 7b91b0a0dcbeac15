// The colours of the stylesheet, pair by pair, in both schemes (WCAG 1.4.3 and 1.4.11).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const CSS = readFileSync(new URL('../crates/pieshop/static/style.css', import.meta.url), 'utf8');
const [light, dark] = [...CSS.matchAll(/:root \{(.*?)\n\s*\}/gs)].map(([, block]) => tokens(block));

const GROUNDS = ['paper', 'surface', 'sunken'];
const STATES = ['wait', 'work', 'fly', 'done', 'bad'];
const MAP = ['land', 'park', 'river', 'street'];
const each = (colours, grounds) => colours.flatMap((colour) => grounds.map((ground) => [colour, ground]));

/** What is read, on what it stands on. */
const TEXT = [
  ...each(['ink', 'muted', 'accent', 'accent-strong', 'bad'], GROUNDS),
  ...each(['on-accent'], ['accent', 'accent-strong']),
  ['surface', 'bad'], ['paper', 'ink'], ['wait', 'paper'], ['wait', 'surface'], ['done', 'surface'],
  ...STATES.map((state) => [state, `${state}-soft`]),
  ...each(['ink', 'muted', 'accent'], ['bad-soft', 'work-soft', 'done-soft']),
];
/** Borders of controls, the focus, and the parts of pictures that mean something. */
const PARTS = [
  ...each(['edge', 'focus', 'bad'], GROUNDS),
  ...each(['focus'], ['done-soft', 'bad-soft', 'work-soft']),
  ...each(['bar', 'bar-bad', 'accent', 'done', 'fly'], ['surface', 'sunken']),
  ...each(['accent', 'muted', 'ink'], MAP),
];

for (const [scheme, colours] of Object.entries({ light, dark: { ...light, ...dark } })) {
  for (const [what, pairs, least] of [['text', TEXT, 4.5], ['parts', PARTS, 3]]) {
    test(`${what} can be told from the ground, ${scheme}`, () => {
      const low = pairs.map(([a, b]) => `${contrast(colours[a], colours[b]).toFixed(2)}: ${a} on ${b}`);
      assert.deepEqual(low.filter((line) => !(parseFloat(line) >= least)), []);
    });
  }
}

function tokens(block) {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]));
}

function contrast(a, b) {
  const [dim, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
