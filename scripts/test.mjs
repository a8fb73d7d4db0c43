import { bootstrap } from './bootstrap.mjs';
import { format, sum } from './tally.mjs';
import { Stop, say } from './terminal.mjs';
import { steps } from './test-steps.mjs';

// npm test: set-up, build, and every check of the project. All run, even if one fails; the last line counts them.
const ci = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false';
// Steps whose skipped tests hide what CI is there to show.
const neverSkippedInCi = ['weights in PyTorch (interop)'];

/** @type {{ name: string, tally: import('./tally.mjs').Tally, closing?: string | undefined, seconds: number }[]} */
const results = [];

try {
  const start = performance.now();
  const { built } = await bootstrap({ cuda: ci || undefined });
  results.push({ name: 'set-up and build', tally: one(built), seconds: secondsSince(start) });
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  // Nothing else can run without it.
  process.stderr.write(`${error.message}\n${format(one(false))}\n`);
  process.exit(1);
}

for (const { name, execute } of steps) {
  say(name);
  const start = performance.now();
  let { tally, closing } = await execute();
  if (ci && neverSkippedInCi.includes(name)) {
    tally = { passed: tally.passed, failed: tally.failed + tally.skipped, skipped: 0 };
  }
  results.push({ name, tally, closing, seconds: secondsSince(start) });
}

say('summary');
for (const { name, tally, closing, seconds } of results) {
  const mark = tally.failed > 0 ? 'FAILED' : 'ok';
  process.stdout.write(`${mark.padEnd(7)}${name}: ${format(tally)} (${seconds.toFixed(1)} s)\n`);
  if (closing !== undefined) process.stdout.write(`         ${closing}\n`);
}
const total = sum(results.map(({ tally }) => tally));
process.stdout.write(`${format(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** @param {boolean} passed */
function one(passed) {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** @param {number} start */
function secondsSince(start) {
  return (performance.now() - start) / 1000;
}
