import { setTimeout } from 'node:timers/promises';
import { throwIfCancelled } from '@flc-native/errors';
import type { Prepared } from '@flc-native/pipeline';
import { FeatureFiles } from './feature-files.js';
import { type MapOptions, mapLesions } from './label-maps.js';
import { type LoadedLesion, lesionPacks } from './lesion-packs.js';
import { type Lesion, type LesionShare, lesionsOfShare } from './lesions.js';
import type { PatchNetwork } from './patch-network.js';

/** Proportions of the label map of each lesion, by lesion id. */
export type LesionFeatures = ReadonlyMap<string, readonly number[]>;

/** What the stored features rest on; features of another key are computed anew. */
export interface FeatureKey {
  /** SHA-256 of the weights. */
  readonly weights: string;
  readonly labelMapPace: number;
  readonly dataHash: string;
}

export interface FeatureShare extends LesionShare {
  /** Process 0 waits so long for a sign of the others before it does their lesions as well. */
  readonly patienceSeconds: number;
}

export interface FeatureOptions extends MapOptions {
  readonly runDir: string;
  readonly key: FeatureKey;
  readonly share?: FeatureShare | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const alone: FeatureShare = { index: 0, count: 1, patienceSeconds: 0 };
const pollMilliseconds = 100;

/**
 * Label-map features of lesions. Each is kept in the run's folder as soon as it is known, so that an interrupted run goes on
 * where it was, with any number of processes. Of several processes, number 0 returns all features, and the others theirs.
 */
export async function lesionFeatures(
  network: () => Promise<PatchNetwork>,
  prepared: Prepared,
  lesions: readonly Lesion[],
  options: FeatureOptions,
): Promise<LesionFeatures> {
  const { runDir, key, share = alone } = options;
  const files = new FeatureFiles(runDir, key, share.index);
  let features = await files.read();
  await files.begin();
  const work = { files, prepared, lesions, options };
  await addFeatures(network, lesionsOfShare(lesions, share), features, work);
  if (share.index > 0 || share.count === 1) return features;
  features = await othersFeatures(features, work);
  await addFeatures(network, lesions, features, work);
  const ids = lesions.map(({ id }) => id);
  await files.merge(ids, features);
  return features;
}

interface Work {
  readonly files: FeatureFiles;
  readonly prepared: Prepared;
  readonly lesions: readonly Lesion[];
  readonly options: FeatureOptions;
}

/** Computes the features that are missing of some lesions. */
async function addFeatures(
  network: () => Promise<PatchNetwork>,
  some: readonly Lesion[],
  features: Map<string, readonly number[]>,
  { files, prepared, lesions, options }: Work,
): Promise<void> {
  const missing = some.filter((lesion) => !features.has(lesion.id));
  if (missing.length === 0) return;
  const loaded = await network();
  try {
    const { patchesAtOnce } = loaded;
    options.onProgress?.(features.size, lesions.length);
    for await (const pack of lesionPacks(prepared, missing, { ...options, patchesAtOnce })) {
      const slices = pack.map((loaded) => loaded.slices);
      for (const [i, { proportions }] of (await mapLesions(loaded, slices, options)).entries()) {
        options.onProgress?.(features.size, lesions.length);
        throwIfCancelled(options.signal);
        const { id } = (pack[i] as LoadedLesion).lesion;
        features.set(id, [...proportions]);
        await files.append(id, [...proportions]);
      }
    }
  } finally {
    loaded.close();
  }
  options.onProgress?.(features.size, lesions.length);
}

/** What all processes have found in the end, or until none of them gave a sign for too long. */
async function othersFeatures(
  own: ReadonlyMap<string, readonly number[]>,
  { files, lesions, options }: Work,
): Promise<Map<string, readonly number[]>> {
  const patience = 1000 * (options.share?.patienceSeconds ?? 0);
  let features = new Map(own);
  let lastSign = performance.now();
  while (lesions.some(({ id }) => !features.has(id)) && performance.now() - lastSign < patience) {
    await setTimeout(pollMilliseconds);
    throwIfCancelled(options.signal);
    const found = new Map([...own, ...(await files.read())]);
    if (found.size > features.size) {
      lastSign = performance.now();
      options.onProgress?.(found.size, lesions.length);
    }
    features = found;
  }
  return features;
}
