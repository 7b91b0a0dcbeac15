// Runs one probe against a candidate's service and tells what it found: `node run.mjs PROBE FOUND`.
//
// The verdict is drawn from facts that the probe collects, never from its exit code: a probe that dies has
// proven nothing.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Trial } from './trial.mjs';

const trial = new Trial();
const found = { checks: trial.checks, required: trial.required, undecided: null };
try {
  const { default: probe } = await import(pathToFileURL(process.argv[2]));
  await probe(trial);
} catch (error) {
  found.undecided = error.undecided ? error.message : `the probe could not go on: ${error.message ?? error}`;
} finally {
  await trial.close().catch(() => {});
}
writeFileSync(process.argv[3], JSON.stringify(found));
process.exit(0);
