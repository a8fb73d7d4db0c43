import type { Prepared } from '@flc-native/pipeline';
import type { LesionSlice, MapOptions } from './label-maps.js';
import { type Lesion, loadLesion } from './lesions.js';

export interface LoadedLesion {
  readonly lesion: Lesion;
  readonly slices: readonly LesionSlice[];
}

/** Batches of the network in one request: few enough to be told of progress, enough that the last one's gaps do not count. */
const batchesPerPack = 4;

/**
 * Reads lesions in packs, each for one request to the network: as many as fill its batches. The next pack is read while the
 * network works on the one before.
 *
 * @param patchesAtOnce patches in a batch of the network
 */
export async function* lesionPacks(
  prepared: Prepared,
  lesions: readonly Lesion[],
  { patchesAtOnce, pace, hasPatches }: { patchesAtOnce: number } & MapOptions,
): AsyncGenerator<readonly LoadedLesion[]> {
  const enough = patchesAtOnce * batchesPerPack;
  const rest = lesions[Symbol.iterator]();
  const read = async (): Promise<readonly LoadedLesion[]> => {
    const pack: LoadedLesion[] = [];
    let patches = 0;
    while (patches < enough) {
      const { value: lesion, done } = rest.next();
      if (done) break;
      const slices = await loadLesion(prepared, lesion);
      pack.push({ lesion, slices });
      // About: how many lie in the mask is not known yet.
      for (const { roi } of slices) patches += hasPatches ? (roi.h * roi.w) / pace ** 2 : 1;
    }
    return pack;
  };
  let next = read();
  for (let pack = await next; pack.length > 0; pack = await next) {
    next = read();
    // Whoever stops half way never awaits it.
    next.catch(() => undefined);
    yield pack;
  }
}
