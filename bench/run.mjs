/**
 * Every benchmark, one after the other: `npm run bench -- [--quick] [name ...]`. The other flags are passed on to each. With
 * --quick this is a smoke test: sizes are tiny, two run side by side, and a peer that is not installed is named as missing.
 * The last line counts: `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findInteropPython } from '../scripts/interop-python.mjs';
import { format, tally } from '../scripts/tally.mjs';
import { skipped } from './lib/case.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
  .map((name) => name.slice(0, -4))
  .sort();
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('--'));
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}\n`,
  );
  process.exit(2);
}

const python = process.env.FLC_PYTHON === undefined ? findInteropPython() : undefined;
const peer = python === undefined ? {} : { FLC_PYTHON: python.command, ...python.env };
const statuses = [];
const waiting = wanted.length > 0 ? wanted : all;
const lanes = flags.includes('--quick') ? 2 : 1;
await Promise.all(Array.from({ length: lanes }, lane));
const count = (kind) => statuses.filter((status) => status === kind).length;
const failed = statuses.length - count(0) - count(skipped);
process.stdout.write(`${format(tally(count(0), failed, count(skipped)))}\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs what is waiting, until nothing is. */
async function lane() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const started = performance.now();
    const { status, output } = await run(name);
    const verdict = status === 0 ? 'ok' : status === skipped ? 'skipped' : 'FAILED';
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`\n== ${name}\n${output}${verdict}: ${name} (${seconds} s)\n`);
    statuses.push(status);
  }
}

/** One benchmark; side by side with another one its output is kept until it ends. */
function run(name) {
  const script = join(folder, `${name}.mjs`);
  const child = spawn(process.execPath, [script, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...peer },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      if (lanes > 1) output += text;
      else process.stdout.write(text);
    });
  }
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}
