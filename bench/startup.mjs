/**
 * Claims: `flc-native --version` answers in less than 100 ms and loads no libtorch; `doctor` in less than 2 s. Beside them stands
 * `node -e 0`, which is Node's own share. `node bench/startup.mjs [--repeats N] [--quick] [--json FILE]`
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';
import { publish } from './lib/print.mjs';

const program = fileURLToPath(new URL('../packages/cli/bin/flc-native.js', import.meta.url));
const contenders = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'flc-native --version', args: [program, '--version'] },
  { name: 'flc-native --help', args: [program, '--help'] },
  { name: 'flc-native doctor', args: [program, 'doctor'] },
].map((contender) => ({ ...contender, seconds: [] }));
const options = readOptions();

for (let round = 0; round <= options.repeats; round += 1) {
  for (const { args, seconds } of contenders) {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
    // The first round finds the files cold.
    if (round > 0) seconds.push((performance.now() - begin) / 1000);
  }
}
const results = contenders.map(({ name, seconds }) => ({
  ...{ name, seconds, median: median(seconds) },
}));
const [, version, , doctor] = results;
publish(
  {
    title: 'Start of the program',
    results,
    missing: [],
    checks: [
      { name: 'libtorch files that --version loads', value: loaded('--version'), limit: 0 },
      { name: 'libtorch files that --help loads', value: loaded('--help'), limit: 0 },
    ],
    claims: [
      { name: 'seconds of --version', value: version.median, target: 0.1, atMost: true },
      { name: 'seconds of doctor', value: doctor.median, target: 2, atMost: true },
    ],
  },
  options,
);

/** Libraries of libtorch that the dynamic linker opens for a call; it lists them itself. */
function loaded(flag) {
  const env = { ...process.env, LD_DEBUG: 'files' };
  const { stderr } = spawnSync(process.execPath, [program, flag], {
    ...{ env, encoding: 'utf8', maxBuffer: 2 ** 28 },
  });
  if (!stderr.includes('calling init')) throw new Error('the dynamic linker lists nothing');
  return new Set(stderr.match(/file=\S*lib(torch|c10)\w*\.so/g)).size;
}
