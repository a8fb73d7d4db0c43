import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { type Random, randomStream, type SamplePixels } from '@flc-native/pipeline';
import type { LabelledLesion } from '../comparison-method.js';
import type { LearningContext } from '../core/describer.js';
import { cutPatches, type PatchContent } from './cut-patches.js';

export interface DrawOptions {
  /** Of the random draw. */
  readonly stream: string;
  /** Patches of a class; all of them where it has fewer. */
  readonly perClass: number;
  /** The patches of a slice to draw from, as (row, column) pairs. */
  readonly corners: (slice: SamplePixels) => Int32Array;
  /** What to cut; each gives a matrix of the same patches. */
  readonly contents: readonly PatchContent[];
}

/**
 * Draws patches of the train lesions, the same number from each class, each patch at most once.
 *
 * @returns for each content [patches, dimensions], class by class and lesion by lesion
 * @throws FlcError CANCELLED; DATA_ERROR where there is no patch at all
 */
export async function drawPatches(
  context: LearningContext,
  options: DrawOptions,
): Promise<Float32Array[]> {
  const random = randomStream(context.seed, `${context.method}/${options.stream}`);
  const byClass = new Map<string, LabelledLesion[]>();
  for (const lesion of context.lesions) {
    byClass.set(lesion.class, [...(byClass.get(lesion.class) ?? []), lesion]);
  }
  const parts: Float32Array[][] = [];
  for (const [done, lesions] of [...byClass.values()].entries()) {
    parts.push(...(await drawOfClass(context, lesions, random, options)));
    context.progress('patches', done + 1, byClass.size);
  }
  const drawn = options.contents.map((_, i) => join(parts.map((part) => part[i] as Float32Array)));
  if (drawn[0]?.length === 0) {
    throw new FlcError('DATA_ERROR', 'the train lesions have no patch to learn words from', {
      details: { lesions: context.lesions.length, patches: options.stream },
    });
  }
  return drawn;
}

/** The drawn patches of each slice, for each content. */
async function drawOfClass(
  { read, signal }: LearningContext,
  lesions: readonly LabelledLesion[],
  random: Random,
  { perClass, corners, contents }: DrawOptions,
): Promise<Float32Array[][]> {
  const grids: Int32Array[] = [];
  for (const lesion of lesions) {
    throwIfCancelled(signal);
    for (const slice of (await read(lesion)).slices) grids.push(corners(slice));
  }
  const total = grids.reduce((sum, grid) => sum + grid.length / 2, 0);
  const chosen = choose(total, perClass, random);
  const parts: Float32Array[][] = [];
  let first = 0;
  let grid = 0;
  for (const lesion of lesions) {
    throwIfCancelled(signal);
    for (const slice of (await read(lesion)).slices) {
      const all = grids[grid++] as Int32Array;
      const kept = all.filter((_, i) => chosen[first + (i >> 1)] === 1);
      first += all.length / 2;
      parts.push(contents.map((content) => cutPatches(slice, kept, content)));
    }
  }
  return parts;
}

/** Marks `wanted` of `total` at random, or all. */
function choose(total: number, wanted: number, random: Random): Uint8Array {
  const chosen = new Uint8Array(total);
  if (total <= wanted) return chosen.fill(1);
  // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
  let left = wanted;
  for (let i = 0; left > 0; i += 1) {
    if (random.uniform() * (total - i) < left) {
      chosen[i] = 1;
      left -= 1;
    }
  }
  return chosen;
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
