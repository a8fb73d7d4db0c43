import { FlcError } from '@flc-native/errors';
import { maxVoxelBytes } from '../volume/limits.js';
import { makeVolume, type Volume, type VoxelData, voxelCount } from '../volume/volume.js';
import { badDicom } from './dicom-error.js';
import { requireIntegers } from './pixel-layout.js';
import { readFrames } from './read-frames.js';
import type { DicomSlice } from './slice.js';
import type { DicomStack } from './stack.js';

/** HU of air; what pixels outside the field of view become in a CT. */
export const airHu = -1024;

/**
 * Reads a stack as a volume: rescaled values (HU for CT), LPS geometry, int16 where they fit, else
 * float32. Pixel padding becomes air (-1024 HU) in a CT, the least other value elsewhere. A stack
 * with a fault (missing, duplicate or uneven slices, gantry tilt) is a DATA_ERROR with its file and
 * position, as is what cannot be decoded.
 */
export async function readDicomStack(stack: DicomStack): Promise<Volume> {
  const fault = stack.findings.find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    throw new FlcError('DATA_ERROR', `DICOM: ${fault.message.replace(/^DICOM: /, '')}`, {
      details: { fault: fault.code, file: fault.file },
      remedy: fault.remedy,
    });
  }
  const { grid, slices, modality } = stack;
  const voxels = voxelCount(grid.size);
  if (voxels * 2 > maxVoxelBytes) {
    throw badDicom('the series holds more voxels than are supported', {
      file: slices[0]?.facts.file,
      declaredBytes: voxels * 2,
      largest: maxVoxelBytes,
    });
  }
  for (const { facts } of slices) requireIntegers(facts.pixels, facts.file);
  const whole = slices.every((s) => Number.isInteger(s.slope) && Number.isInteger(s.intercept));
  const data = whole ? new Int16Array(voxels) : new Float32Array(voxels);
  const wide: { data?: Float32Array } = {};
  const plane = grid.size[0] * grid.size[1];
  const padded: { slice: number; pixels: number[] }[] = [];
  let least = Number.POSITIVE_INFINITY;
  const sources = slices.map(({ facts, frame }) => ({
    file: facts.file,
    frame,
    layout: facts.pixels,
  }));
  await readFrames(sources, (index, stored) => {
    const slice = slices[index] as DicomSlice;
    let out: Int16Array | Float32Array = wide.data ?? data;
    if (out instanceof Int16Array && !fitsInt16(stored, slice)) {
      // Beyond 16 bits: the rest goes on in float32, which holds whole numbers up to 2^24.
      out = Float32Array.from(data);
      wide.data = out;
    }
    const part = out.subarray(index * plane, (index + 1) * plane);
    const { pixels, min } = rescale(stored, slice, part, modality);
    least = Math.min(least, min);
    if (pixels.length > 0) padded.push({ slice: index, pixels });
  });
  const values = wide.data ?? data;
  const fill = Number.isFinite(least) ? least : 0;
  for (const { slice, pixels } of padded) {
    for (const i of pixels) values[slice * plane + i] = fill;
  }
  return makeVolume(grid, values);
}

/** Whether all values of a frame stay whole 16 bit numbers. */
function fitsInt16(stored: VoxelData, { slope, intercept, facts }: DicomSlice): boolean {
  const { bitsStored, signed } = facts.pixels;
  const span = 2 ** bitsStored;
  const [low, high] = signed ? [-span / 2, span / 2 - 1] : [0, span - 1];
  const within = (v: number) => v * slope + intercept >= -32768 && v * slope + intercept <= 32767;
  if (within(low) && within(high)) return true;
  const { padding } = facts.pixels;
  for (let i = 0; i < stored.length; i += 1) {
    const v = stored[i] as number;
    if (!within(v) && !(padding && v >= padding[0] && v <= padding[1])) return false;
  }
  return true;
}

/**
 * Rescales a frame into `out`. Padding of a CT becomes air at once, and so does whatever lies
 * below air where the padding does: a lossy codec smears the padding over its neighbours. Padding
 * of other modalities is returned, to be filled once the least value is known.
 */
function rescale(
  stored: VoxelData,
  { slope, intercept, facts }: DicomSlice,
  out: Int16Array | Float32Array,
  modality: string,
): { pixels: number[]; min: number } {
  const { padding } = facts.pixels;
  const ct = modality === 'CT';
  const [from, to] = padding ?? [1, 0];
  const clip = ct && padding !== undefined && to * slope + intercept < airHu;
  const pixels: number[] = [];
  let min = Number.POSITIVE_INFINITY;
  for (let i = 0; i < stored.length; i += 1) {
    const v = stored[i] as number;
    const value = v * slope + intercept;
    if (v >= from && v <= to) {
      out[i] = airHu;
      if (!ct) pixels.push(i);
    } else if (clip && value < airHu) out[i] = airHu;
    else {
      out[i] = value;
      if (value < min) min = value;
    }
  }
  return { pixels, min };
}
