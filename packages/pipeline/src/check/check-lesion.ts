import { FlcError, suggest } from '@flc-native/errors';
import type { LesionJob } from '../case/case-job.js';
import { patchGrid, patchSize } from '../patch/index.js';
import { boundingBox, growBox } from '../prepare/bounding-box.js';
import { chooseSlices } from '../prepare/choose-slices.js';
import { requireLabels } from '../prepare/lesion-geometry.js';
import { type LesionPart, lesionParts, paintSlice } from '../prepare/lesion-parts.js';
import type { Volume } from '../volume/volume.js';
import type { CaseFinding } from './finding.js';

/** A mask with more values than this is an image by mistake. */
const mostLabels = 64;
/** Below this part of a lesion inside the liver mask somebody should look. */
const leastInLiver = 0.5;

/** The class of a lesion against the dataset's list. */
export function checkClass(lesion: LesionJob, classes: readonly string[]): CaseFinding[] {
  if (lesion.class === null || classes.includes(lesion.class)) return [];
  const near = suggest(lesion.class, classes);
  return [
    {
      severity: 'error',
      code: 'UNKNOWN_CLASS',
      message: `${lesion.key}: class "${lesion.class}" is not in the list of classes`,
      remedy: near === undefined ? `use one of ${classes.join(', ')}` : `did you mean "${near}"?`,
    },
  ];
}

/** Whether a volume is a mask at all, and holds the label. Empty if it is fine. */
export function checkMask(mask: Volume, what: string, label: number | undefined): CaseFinding[] {
  const error = (code: CaseFinding['code'], message: string, remedy: string): CaseFinding[] => [
    { severity: 'error', code, message: `${what}: ${message}`, remedy },
  ];
  try {
    requireLabels(mask);
  } catch (thrown) {
    if (!(thrown instanceof FlcError)) throw thrown;
    return error('NOT_A_MASK', thrown.message, thrown.remedy ?? 'check the file');
  }
  const labels = labelsOf(mask);
  if (labels.size > mostLabels) {
    return error(
      'NOT_A_MASK',
      `more than ${mostLabels} different values`,
      'check that the file is a mask, not an image',
    );
  }
  if (labels.size === 0) {
    return error('EMPTY_MASK', 'no voxel is marked', 'draw the lesion or take it out');
  }
  if (label !== undefined && !labels.has(label)) {
    const found = [...labels].sort((a, b) => a - b).join(', ');
    return error('LABEL_NOT_IN_MASK', `no voxel has label ${label}`, `the mask has ${found}`);
  }
  return [];
}

/** Size of each lesion against a patch, and its place against the liver. Masks in LPS order. */
export function checkLesionSize(
  lesion: LesionJob,
  mask: Volume,
  liver: Volume | undefined,
): { findings: CaseFinding[]; lesions: number } {
  const { parts } = lesionParts(mask, lesion.label, lesion.components);
  const findings = parts.flatMap((part, i) => {
    const name = parts.length > 1 ? `${lesion.key}.${i + 1}` : lesion.key;
    return [...checkSmall(part, mask, name), ...checkInLiver(part, liver, name)];
  });
  return { findings, lesions: parts.length };
}

function checkSmall(part: LesionPart, mask: Volume, name: string): CaseFinding[] {
  const [width, height] = mask.size;
  const slice = chooseSlices(part, 'largest')[0] as number;
  const plane = new Uint8Array(width * height);
  paintSlice(part, slice, plane, width);
  const drawn = boundingBox(plane, width, height);
  if (drawn === undefined) return [];
  const box = growBox(drawn, patchSize, width, height);
  const roi = new Uint8Array(box.h * box.w);
  for (let r = 0; r < box.h; r += 1) {
    for (let c = 0; c < box.w; c += 1) {
      const [row, column] = [box.row + r, box.column + c];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      roi[r * box.w + c] = inside ? (plane[row * width + column] as number) : 0;
    }
  }
  const { lowered, coverage } = patchGrid(roi, box.h, box.w, 1);
  if (!lowered) return [];
  return [
    {
      severity: 'warning',
      code: 'SMALL_LESION',
      message: `${name}: smaller than a patch (${drawn.w} x ${drawn.h} pixels in its largest slice)`,
      remedy: `nothing to do: it is classified with patches that it fills to ${Math.round(100 * coverage)} %`,
    },
  ];
}

function checkInLiver(part: LesionPart, liver: Volume | undefined, name: string): CaseFinding[] {
  if (liver === undefined) return [];
  const [nx, ny] = liver.size;
  const [sx, sy, sz] = part.size;
  let inside = 0;
  for (let z = 0; z < sz; z += 1) {
    for (let y = 0; y < sy; y += 1) {
      const from = (z * sy + y) * sx;
      const to = ((part.offset[2] + z) * ny + part.offset[1] + y) * nx + part.offset[0];
      for (let x = 0; x < sx; x += 1) {
        if (part.data[from + x] === 1 && liver.data[to + x] !== 0) inside += 1;
      }
    }
  }
  const fraction = inside / part.voxels;
  if (fraction >= leastInLiver) return [];
  return [
    {
      severity: 'warning',
      code: 'OUTSIDE_LIVER',
      message: `${name}: ${Math.round(100 * fraction)} % of the lesion lie in the liver mask`,
      remedy: 'check both masks; an exophytic lesion may be right',
    },
  ];
}

/** Labels in use, without 0; stops counting once there are too many. */
function labelsOf(mask: Volume): Set<number> {
  const labels = new Set<number>();
  for (let i = 0; i < mask.data.length; i += 1) {
    const v = mask.data[i] as number;
    if (v === 0 || labels.has(v)) continue;
    labels.add(v);
    if (labels.size > mostLabels) break;
  }
  return labels;
}
