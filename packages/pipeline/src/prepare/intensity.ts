import { FlcError } from '@flc-native/errors';
import type { Intensity } from '../dataset/dataset-schema.js';
import type { Volume, VoxelData } from '../volume/volume.js';

/**
 * How the values of a phase are stored as int16: stored = round((value - offset) * scale), clamped.
 * `window` (lower, upper) is in stored units.
 */
export interface StoredIntensity {
  readonly offset: number;
  readonly scale: number;
  readonly window: readonly [lower: number, upper: number];
}

/** More values than this are thinned evenly before a percentile is taken. */
const maxPercentileSamples = 4_000_000;

/** A window of at least this many whole numbers loses nothing by rounding. */
const enoughLevels = 256;
const storedLevels = 4095;

/**
 * CT keeps HU and the given window. MR has no unit: the window is the given percentiles of the
 * whole phase; values are kept where rounding to int16 loses nothing, else scaled so that the
 * window spans 0..4095.
 */
export function storedIntensity(volume: Volume, intensity: Intensity): StoredIntensity {
  if (intensity.window !== undefined) {
    return { offset: 0, scale: 1, window: intensity.window };
  }
  const [low, high] = intensity.percentile as [number, number];
  const sorted = sortedSamples(volume.data);
  const [lower, upper] = [percentile(sorted, low), percentile(sorted, high)];
  if (!(upper > lower)) {
    throw new FlcError('DATA_ERROR', 'the phase has a single intensity', {
      details: { lower, upper },
      remedy: 'check that the file holds an image',
    });
  }
  const fits = (sorted[0] as number) >= -32768 && (sorted.at(-1) as number) <= 32767;
  const whole = !(volume.data instanceof Float32Array || volume.data instanceof Float64Array);
  if (fits && whole && upper - lower >= enoughLevels) {
    return { offset: 0, scale: 1, window: [lower, upper] };
  }
  return { offset: lower, scale: storedLevels / (upper - lower), window: [0, storedLevels] };
}

/** Percentile with linear interpolation, as numpy.percentile. `sorted` ascending, not empty. */
export function percentile(sorted: Float64Array, percent: number): number {
  const at = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (at - below);
}

function sortedSamples(data: VoxelData): Float64Array {
  const step = Math.ceil(data.length / maxPercentileSamples);
  const samples = new Float64Array(Math.ceil(data.length / step));
  for (let i = 0; i < samples.length; i += 1) samples[i] = data[i * step] as number;
  return samples.sort();
}

/** Values as int16, rounded and clamped. */
export function toStored(values: Float32Array, { offset, scale }: StoredIntensity): Int16Array {
  const out = new Int16Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const stored = Math.round(((values[i] as number) - offset) * scale);
    out[i] = Math.min(Math.max(stored, -32768), 32767);
  }
  return out;
}

/** DATA_ERROR if a voxel is NaN or infinite. */
export function requireFinite(volume: Volume): void {
  const count = countNotFinite(volume);
  if (count === 0) return;
  throw new FlcError('DATA_ERROR', 'the image has voxels that are no numbers (NaN or infinite)', {
    details: { voxels: count },
    remedy: 'replace them, for example by -1024 outside the field of view',
  });
}

/** Voxels that are NaN or infinite; integers have none. */
export function countNotFinite({ data }: Volume): number {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return 0;
  let count = 0;
  for (let i = 0; i < data.length; i += 1) if (!Number.isFinite(data[i] as number)) count += 1;
  return count;
}
