import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import type { CaseInput, CaseJob, LesionJob, SeedInput } from '../case/case-job.js';
import { partReader, type ReadPart } from '../case/read-part.js';
import { requireSameGrid } from '../prepare/align-phases.js';
import { caseKey } from '../prepare/case-key.js';
import { hashFile } from '../prepare/input-stamp.js';
import type { InputStamp } from '../prepare/prepared-format.js';
import { writeFileAtomic } from '../storage/atomic-file.js';
import { filesExist } from '../storage/files-exist.js';
import type { Volume } from '../volume/volume.js';
import { writeVolume } from '../volume/write-volume.js';
import { marksOfImage, marksOfStrokes, type SeedMark } from './seed-image.js';
import { segmentLesion } from './segment-lesion.js';
import type { SegmentationSettings } from './segmentation-settings.js';

/** Changes with the meaning of what is written. */
export const segmentationVersion = 2;

/**
 * On which phases the walk stays in the liver mask: it is drawn on the reference phase, and holds for the others once they
 * are registered. A joint walk counts as one on the reference.
 */
export const liverUses = ['reference', 'all', 'none'] as const;
export type LiverUse = (typeof liverUses)[number];

/** A case whose lesions are segmented from their seeds. */
export interface SegmentCaseJob {
  readonly job: CaseJob;
  /** All phases together, which then must be registered; else each on its own. */
  readonly joint: boolean;
  readonly settings: SegmentationSettings;
  readonly liver: LiverUse;
  /** Whether the probability of the lesion is written too. */
  readonly probabilities: boolean;
  readonly outDir: string;
  /** Hash of what the result depends on besides the contents of the inputs. */
  readonly settingsKey: string;
  readonly earlier?: CaseRecord | undefined;
}

/** One walk: a lesion on one phase, or on all. */
export interface SegmentedMask {
  readonly lesion: string;
  /** null: jointly. */
  readonly phase: string | null;
  /** Paths relative to the folder of the cohort. */
  readonly mask: string;
  readonly probability: string | null;
  readonly millilitres: number;
  readonly iterations: number;
  readonly warnings: readonly string[];
}

/** What is known of a segmented case; written as JSON. */
export interface CaseRecord {
  readonly format: 'flc-segmentation';
  readonly version: typeof segmentationVersion;
  readonly caseId: string;
  readonly key: string;
  readonly settingsKey: string;
  readonly inputs: readonly InputStamp[];
  readonly masks: readonly SegmentedMask[];
  readonly seconds: number;
}

export interface SegmentCaseResult {
  readonly record: CaseRecord;
  /** True if nothing had to be done. */
  readonly reused: boolean;
}

/** The files on which the result depends: phases, liver and seed images. */
export function segmentInputs({ phases, liver, lesions }: CaseJob): CaseInput[] {
  const seeds = lesions.flatMap((lesion) => [lesion.seeds, ...(lesion.phaseSeeds ?? [])]);
  const files = seeds.filter((input) => input !== undefined && 'file' in input);
  return [...phases, liver, ...(files as CaseInput[])].filter((input) => input !== undefined);
}

/** Reads, segments and writes a case. Rejects with FlcError. */
export async function segmentCase(task: SegmentCaseJob): Promise<SegmentCaseResult> {
  const { job, outDir, settingsKey, earlier } = task;
  const started = performance.now();
  const inputs = await Promise.all(segmentInputs(job).map(hashFile));
  const key = caseKey(settingsKey, inputs);
  if (earlier?.key === key && (await masksExist(outDir, earlier))) {
    const record = { ...earlier, inputs };
    await writeFileAtomic(recordFile(outDir, job.caseId), `${JSON.stringify(record, null, 1)}\n`);
    return { record, reused: true };
  }
  const read = partReader();
  const masks: SegmentedMask[] = [];
  for (const lesion of job.lesions) {
    if (lesion.seeds === undefined && lesion.phaseSeeds === undefined) continue;
    for (const walk of await walksOf(task, lesion, read)) {
      masks.push(await segmentAndWrite(task, lesion, walk));
    }
  }
  const record: CaseRecord = {
    ...{ format: 'flc-segmentation', version: segmentationVersion, caseId: job.caseId },
    ...{ key, settingsKey, inputs, masks },
    seconds: (performance.now() - started) / 1000,
  };
  await writeFileAtomic(recordFile(outDir, job.caseId), `${JSON.stringify(record, null, 1)}\n`);
  return { record, reused: false };
}

export function recordFile(outDir: string, caseId: string): string {
  return join(outDir, 'segmentation', `${caseId}.json`);
}

/** What an earlier run wrote of a case; undefined if it cannot be used. */
export async function earlierCase(file: string): Promise<CaseRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as CaseRecord;
    const known =
      record.format === 'flc-segmentation' &&
      record.version === segmentationVersion &&
      typeof record.key === 'string' &&
      Array.isArray(record.inputs) &&
      Array.isArray(record.masks);
    return known ? record : undefined;
  } catch {
    return undefined;
  }
}

export function masksExist(outDir: string, { masks }: CaseRecord): Promise<boolean> {
  const files = masks.flatMap(({ mask, probability }) => [mask, probability ?? []].flat());
  return filesExist(outDir, files);
}

/** Images and seeds of one walk; `phase` is null where it is a joint one. */
interface Walk {
  readonly phase: string | null;
  readonly phases: readonly Volume[];
  readonly seeds: readonly SeedMark[];
  readonly within: Volume | undefined;
}

async function walksOf(
  { job, joint, liver: use }: SegmentCaseJob,
  lesion: LesionJob,
  read: ReadPart,
): Promise<Walk[]> {
  const phases: (Volume | undefined)[] = [];
  for (const input of job.phases) phases.push(input === undefined ? undefined : await read(input));
  const reference = phases[job.reference];
  if (reference === undefined) {
    throw new FlcError('DATA_ERROR', `phase ${job.phaseNames[job.reference]} is missing`, {
      remedy: 'correct dataset.yaml or remove the case',
    });
  }
  const shared = await readMarks(lesion.seeds, reference, read);
  const own: SeedMark[][] = [];
  for (const [i, phase] of phases.entries()) {
    own.push(await readMarks(lesion.phaseSeeds?.[i], phase, read));
  }
  const liver =
    use === 'none' || job.liver === undefined ? undefined : await read(job.liver, reference);
  if (joint) {
    const all = phases.filter((phase) => phase !== undefined);
    return [{ phase: null, phases: all, seeds: [...shared, ...own.flat()], within: liver }];
  }
  if (shared.length === 0 && own[job.reference]?.length === 0) {
    throw new FlcError('DATA_ERROR', `${lesion.key} has no seeds on the reference phase`, {
      remedy: `add seeds for ${job.phaseNames[job.reference]}`,
    });
  }
  return phases.flatMap((phase, i) => {
    const seeds = [...shared, ...(own[i] ?? [])];
    // A phase on which nobody marked the lesion gets no mask.
    if (phase === undefined || seeds.length === 0) return [];
    const within = use === 'all' || i === job.reference ? liver : undefined;
    return [{ phase: job.phaseNames[i] as string, phases: [phase], seeds, within }];
  });
}

async function readMarks(
  input: SeedInput | undefined,
  phase: Volume | undefined,
  read: ReadPart,
): Promise<SeedMark[]> {
  if (input === undefined || phase === undefined) return [];
  if (!('file' in input)) return marksOfStrokes(input, phase);
  const image = await read(input);
  requireSameGrid(phase, image, input.role);
  const { size, spacing, origin, direction } = phase;
  return marksOfImage({ ...image, size, spacing, origin, direction });
}

async function segmentAndWrite(
  { job, settings, probabilities, outDir }: SegmentCaseJob,
  { key }: LesionJob,
  { phase, phases, seeds, within }: Walk,
): Promise<SegmentedMask> {
  const where = phase === null ? key : `${key} on ${phase}`;
  const { modality } = job;
  try {
    // A worker is one of several; the result does not depend on the threads.
    const found = await segmentLesion({ phases, seeds, within, modality, settings, threads: 1 });
    const path = (kind: string) =>
      `${kind}/${job.caseId}/${phase === null ? key : `${key}-${phase}`}.nii.gz`;
    await writeVolume(join(outDir, path('masks')), found.mask);
    if (probabilities) await writeVolume(join(outDir, path('probabilities')), found.probability);
    const { spacing } = found.mask;
    return {
      ...{ lesion: key, phase, mask: path('masks') },
      probability: probabilities ? path('probabilities') : null,
      millilitres: (found.voxels * spacing[0] * spacing[1] * spacing[2]) / 1000,
      iterations: found.iterations,
      warnings: found.warnings.map((text) => `${where}: ${text}`),
    };
  } catch (error) {
    if (!(error instanceof FlcError)) throw error;
    throw new FlcError(error.code, `${where}: ${error.message}`, {
      details: error.details,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      cause: error.cause,
    });
  }
}
