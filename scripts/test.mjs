import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { format, sum, tally } from './tally.mjs';
import { Stop, say } from './terminal.mjs';
import { makeSteps } from './test-steps.mjs';

// npm test: set-up, build, and every check of the project. All run, even if one fails; the last line counts them.
const ci = !['', 'false', '0', undefined].includes(process.env.CI);

/** @type {{ name: string, tally: import('./tally.mjs').Tally, closing?: string | undefined, seconds: number }[]} */
const results = [];
const scratch = mkdtempSync(join(tmpdir(), 'flc-test-'));
try {
  const start = performance.now();
  const { built } = await bootstrap({ cuda: ci ? true : undefined });
  const outcome = built ? tally(1, 0, 0) : tally(0, 1, 0);
  results.push({ name: 'set-up and build', tally: outcome, seconds: secondsSince(start) });

  for (const { name, execute, neverSkippedInCi } of makeSteps({ ci, scratch })) {
    say(name);
    const start = performance.now();
    const { tally: counted, closing } = await execute();
    const result =
      ci && neverSkippedInCi ? tally(counted.passed, counted.failed + counted.skipped, 0) : counted;
    results.push({ name, tally: result, closing, seconds: secondsSince(start) });
  }
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  // Nothing else can run without the set-up.
  process.stderr.write(`${error.message}\n`);
  results.push({ name: 'set-up', tally: tally(0, 1, 0), seconds: 0 });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

say('summary');
for (const { name, tally, closing, seconds } of results) {
  const mark = tally.failed > 0 ? 'FAILED' : 'ok';
  process.stdout.write(`${mark.padEnd(7)}${name}: ${format(tally)} (${seconds.toFixed(1)} s)\n`);
  if (closing !== undefined) process.stdout.write(`       ${closing}\n`);
}
const total = sum(results.map((result) => result.tally));
process.stdout.write(`${format(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** @param {number} start */
function secondsSince(start) {
  return (performance.now() - start) / 1000;
}
