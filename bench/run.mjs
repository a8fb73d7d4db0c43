/**
 * Every benchmark, one after the other: `npm run bench -- [--quick] [name ...]`. The other flags are passed on to each. With
 * --quick this is a smoke test: sizes are tiny, and a peer that is not installed is named as missing.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findInteropPython } from '../scripts/interop-python.mjs';

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
const failed = [];
for (const name of wanted.length > 0 ? wanted : all) {
  process.stdout.write(`\n== ${name}\n`);
  const started = performance.now();
  const script = join(folder, `${name}.mjs`);
  const { status } = spawnSync(process.execPath, [script, ...flags], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...peer },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${name} (${seconds} s)\n`);
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? 'all ran\n' : `failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
