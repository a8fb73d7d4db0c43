import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import type { Prepared } from '@flc-native/pipeline';
import { writeFileAtomic } from '@flc-native/pipeline';
import { throwIfCancelled } from './cancellation.js';
import { type MapOptions, mapLesions } from './label-maps.js';
import { type LoadedLesion, lesionPacks } from './lesion-packs.js';
import type { Lesion } from './lesions.js';
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

const featuresFile = 'features.jsonl';

/**
 * Label-map features of lesions. Each is kept in the run's features.jsonl as soon as it is known, so that an
 * interrupted run goes on where it was.
 */
export async function lesionFeatures(
  network: () => Promise<PatchNetwork>,
  prepared: Prepared,
  lesions: readonly Lesion[],
  options: MapOptions & {
    readonly runDir: string;
    readonly key: FeatureKey;
    readonly onProgress?: (done: number, total: number) => void;
  },
): Promise<LesionFeatures> {
  const file = join(options.runDir, featuresFile);
  const header = JSON.stringify(options.key);
  const features = await readFeatures(file, header);
  if (features.size === 0) await writeFileAtomic(file, `${header}\n`);
  const missing = lesions.filter((lesion) => !features.has(lesion.id));
  if (missing.length === 0) return features;
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
        await append(file, JSON.stringify({ id, proportions: [...proportions] }));
      }
    }
  } finally {
    loaded.close();
  }
  options.onProgress?.(features.size, lesions.length);
  return features;
}

/** The features stored under the same key; none if the file is absent, of another key or broken from its start. */
async function readFeatures(file: string, header: string): Promise<Map<string, readonly number[]>> {
  const features = new Map<string, readonly number[]>();
  const text = await readFile(file, 'utf8').catch(() => '');
  const [first, ...lines] = text.split('\n');
  if (first !== header) return features;
  for (const line of lines) {
    // The last line of a killed run may be cut; that lesion is done again.
    const entry = parseLine(line);
    if (entry !== undefined) features.set(entry.id, entry.proportions);
  }
  return features;
}

function parseLine(line: string): { id: string; proportions: number[] } | undefined {
  try {
    return JSON.parse(line) as { id: string; proportions: number[] };
  } catch {
    return undefined;
  }
}

async function append(file: string, line: string): Promise<void> {
  // The newline stands first, so that a cut last line never swallows the next one.
  await appendFile(file, `\n${line}`).catch((cause: unknown) => {
    throw new FlcError('IO_ERROR', 'The features of a lesion cannot be written', {
      details: { file },
      cause,
    });
  });
}
