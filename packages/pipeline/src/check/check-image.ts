import { createHash } from 'node:crypto';
import { countNotFinite } from '../prepare/intensity.js';
import type { Volume, VoxelData } from '../volume/volume.js';
import type { CaseFinding } from './finding.js';

/** CT scanners pad with -3024 and less; no HU lies outside of this. */
const plausibleHu = { lower: -3100, upper: 32767 } as const;
/** Fat to contrast-filled vessels: in every abdominal CT a good part of the voxels. */
const softTissue = { lower: -150, upper: 400, leastPart: 0.02 } as const;
/** HU of abdominal CT spread over more than this; normalised images do not. */
const leastRange = 100;

/** Findings on one image by itself. `what` is its part in the case. */
export function checkImage(volume: Volume, what: string, modality: 'CT' | 'MR'): CaseFinding[] {
  const notFinite = countNotFinite(volume);
  const findings: CaseFinding[] = [];
  if (notFinite > 0) {
    findings.push({
      severity: 'error',
      code: 'NOT_FINITE',
      message: `${what}: ${notFinite} voxels are NaN or infinite`,
      remedy: 'replace them, for example by -1024 outside the field of view',
    });
  }
  if (hasPlaceholderHeader(volume)) {
    const byte = volume.dtype === 'uint8' ? ', 8-bit values' : '';
    findings.push({
      severity: 'warning',
      code: 'SUSPECT_HEADER',
      message: `${what}: spacing 1 x 1 x 1 mm, origin 0${byte}: the header may have been lost`,
      remedy: 'compare with the source; sizes in mm, resampling and alignment rely on it',
    });
  }
  if (modality === 'CT') findings.push(...checkHounsfield(volume, what));
  return findings;
}

/** PLC-CECT states this in every file although it is not so. */
function hasPlaceholderHeader({ spacing, origin }: Volume): boolean {
  return spacing.every((s) => s === 1) && origin.every((o) => o === 0);
}

interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly softPart: number;
}

function checkHounsfield(volume: Volume, what: string): CaseFinding[] {
  const { min, max, softPart } = statistics(volume.data);
  const range = `values ${round(min)}..${round(max)}`;
  const notHu = (cause: string, remedy: string): CaseFinding[] => [
    {
      severity: 'error',
      code: 'NOT_HU',
      message: `${what}: no Hounsfield units, ${cause} (${range})`,
      remedy,
    },
  ];
  if (!(max >= min)) return [];
  if (min < plausibleHu.lower || max > plausibleHu.upper) {
    return notHu('values no scanner gives', 'check the rescale slope and the pad value');
  }
  if (min >= 0 && max <= 255) {
    return notHu('an 8-bit windowed image', 'export the original values, not a display window');
  }
  if (min >= 0) {
    return notHu('not one negative value', 'apply the rescale intercept (often -1024)');
  }
  if (max - min < leastRange) {
    return notHu('a range too narrow, perhaps normalised', 'export the original values');
  }
  if (softPart < softTissue.leastPart) {
    const percent = (100 * softPart).toFixed(1);
    return notHu(
      `${percent} % of the voxels are soft tissue`,
      'check rescale slope and intercept, and that this is an abdominal CT',
    );
  }
  return [];
}

function statistics(data: VoxelData): Statistics {
  let [min, max, soft] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < data.length; i += 1) {
    const v = data[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
    if (v >= softTissue.lower && v <= softTissue.upper) soft += 1;
  }
  return { min, max, softPart: soft / data.length };
}

/** Hash of the voxels with their size: the same image in another file or format has the same. */
export function contentHash(volume: Volume): string {
  const hash = createHash('sha256').update(JSON.stringify([volume.size]));
  // Values, not bytes: int16 and float32 copies of one image are the same image.
  const chunk = 1 << 16;
  for (let at = 0; at < volume.data.length; at += chunk) {
    const values = Float32Array.from(volume.data.subarray(at, at + chunk));
    hash.update(new Uint8Array(values.buffer));
  }
  return hash.digest('hex');
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
