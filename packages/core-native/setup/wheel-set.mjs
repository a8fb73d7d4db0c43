import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** @typedef {import('./index.d.mts').Wheel} Wheel */
/** @typedef {import('./index.d.mts').WheelSet} WheelSet */

/** @type {{ torch: string, python: string, wheels: (Wheel & { sets: string[] })[] }} */
const pinned = JSON.parse(readFileSync(new URL('./wheels.json', import.meta.url), 'utf8'));

/** The only release that the addon is built against (tch 0.24.0). */
export const torchVersion = pinned.torch;

/** The Python whose wheels are fetched, whatever Python is at hand. */
export const pythonVersion = pinned.python;

/**
 * The wheels of a set with their pinned checksums.
 * `cpu` is the least that loads libtorch_cpu; `cuda` adds the GPU libraries, the headers that crates/torch-cuda is compiled
 * against and the pure-Python requirements of torch, so that `import torch` works from the unpacked directory.
 *
 * @param {'cpu' | 'cuda'} kind
 * @returns {WheelSet}
 */
export function wheelSet(kind) {
  return makeWheelSet(
    kind,
    pinned.wheels.filter((wheel) => wheel.sets.includes(kind)),
  );
}

/**
 * @param {'cpu' | 'cuda'} kind
 * @param {readonly Wheel[]} wheels
 * @returns {WheelSet}
 */
export function makeWheelSet(kind, wheels) {
  const digest = createHash('sha256');
  for (const wheel of wheels) digest.update(wheel.sha256);
  return {
    kind,
    wheels,
    // Another pin is another directory: an old checkout keeps what it was built with.
    directoryName: `torch-${torchVersion}-${kind}-${digest.digest('hex').slice(0, 8)}`,
    bytes: sum(wheels.map((wheel) => wheel.bytes)),
    unpackedBytes: sum(wheels.map((wheel) => wheel.unpackedBytes)),
  };
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
