import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import type { CaseInput, CaseJob, LesionJob, SeedInput } from '../case/case-job.js';
import { partReader, type ReadPart, readPhase, sourceKey } from '../case/read-part.js';
import type { SeedMarks } from '../dataset/seeds-schema.js';
import { requireSameGrid } from '../prepare/align-phases.js';
import { caseKey } from '../prepare/case-key.js';
import { hashFile } from '../prepare/input-stamp.js';
import type { InputStamp } from '../prepare/prepared-format.js';
import { writeFileAtomic } from '../storage/atomic-file.js';
import { filesExist } from '../storage/files-exist.js';
import { gridOf, type Volume } from '../volume/volume.js';
import { writeVolume } from '../volume/write-volume.js';
import { type CarriedLesion, carryPhase, phaseFile } from './carry-phase.js';
import { carryMarks, carrySeedImage } from './carry-seeds.js';
import type { RegistrationQuality } from './quality.js';
import type { Alignment, RegistrationSettings } from './registration-settings.js';
import { registrationVersion } from './transform-file.js';

/** One phase of a case to be moved onto the reference phase; the reference itself is written as it is. */
export interface RegisterPhaseJob {
  readonly job: CaseJob;
  /** Index of the phase. */
  readonly phase: number;
  readonly method: Alignment;
  readonly settings: RegistrationSettings;
  readonly outDir: string;
  /** Folder of transforms. */
  readonly transforms: string;
  /** Hash of what the result depends on besides the contents of the inputs. */
  readonly settingsKey: string;
  readonly earlier?: PhaseRecord | undefined;
}

/** What is known of a phase of a registered cohort; written as JSON. Paths are relative to the cohort's folder. */
export interface PhaseRecord {
  readonly format: 'flc-registration';
  readonly version: typeof registrationVersion;
  readonly caseId: string;
  readonly phase: string;
  readonly reference: string;
  readonly key: string;
  readonly settingsKey: string;
  readonly inputs: readonly InputStamp[];
  readonly image: string;
  /** Masks by lesion. */
  readonly masks: Readonly<Record<string, string>>;
  /** Seeds by lesion: a label image, or marks. */
  readonly seeds: Readonly<Record<string, string | SeedMarks>>;
  readonly liver: string | null;
  /** null for the reference phase. */
  readonly quality: RegistrationQuality | null;
  readonly warnings: readonly string[];
  /** What the registration took. */
  readonly seconds: number;
}

export interface RegisterPhaseResult {
  readonly record: PhaseRecord;
  /** True if nothing had to be done. */
  readonly reused: boolean;
}

/** The inputs on which the result for a phase depends. */
export function phaseInputs(job: CaseJob, phase: number): CaseInput[] {
  const masks = job.lesions.flatMap((lesion) => [lesion.mask, lesion.phaseMasks[phase]]);
  const seeds = job.lesions.flatMap((lesion) => seedsOn(job, lesion, phase) ?? []);
  const seedFiles = seeds.filter((input) => 'file' in input);
  const all = [job.phases[job.reference], job.phases[phase], job.liver, ...masks, ...seedFiles];
  return [...new Set(all)].filter((input) => input !== undefined);
}

/** Seeds that were set on a phase; those meant for all phases lie on the reference. */
function seedsOn(job: CaseJob, lesion: LesionJob, phase: number): SeedInput | undefined {
  const own = lesion.phaseSeeds?.[phase];
  return phase === job.reference ? (lesion.seeds ?? own) : own;
}

/** Reads, registers and writes a phase. Rejects with FlcError. */
export async function registerPhase(task: RegisterPhaseJob): Promise<RegisterPhaseResult> {
  const { job, phase, outDir, settingsKey, earlier } = task;
  const inputs = await Promise.all(phaseInputs(job, phase).map(hashFile));
  const key = caseKey(settingsKey, inputs);
  if (earlier?.key === key && (await outputsExist(outDir, earlier))) {
    const record = { ...earlier, inputs };
    await writeFileAtomic(recordFile(task), `${JSON.stringify(record, null, 1)}\n`);
    return { record, reused: true };
  }
  const done = phase === job.reference ? await writeReference(task) : await writeMoved(task);
  const record: PhaseRecord = {
    format: 'flc-registration',
    version: registrationVersion,
    caseId: job.caseId,
    phase: job.phaseNames[phase] as string,
    reference: job.phaseNames[job.reference] as string,
    ...{ key, settingsKey, inputs },
    ...done,
  };
  await writeFileAtomic(recordFile(task), `${JSON.stringify(record, null, 1)}\n`);
  return { record, reused: false };
}

function recordFile({ outDir, job, phase }: RegisterPhaseJob): string {
  const folder = join(outDir, 'registration');
  return phaseFile(folder, job.caseId, job.phaseNames[phase] as string, '.json');
}

/** What an earlier run wrote of a phase; undefined if it cannot be used. */
export async function earlierPhase(file: string): Promise<PhaseRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as PhaseRecord;
    const known =
      record.format === 'flc-registration' &&
      record.version === registrationVersion &&
      typeof record.key === 'string' &&
      typeof record.seeds === 'object' &&
      Array.isArray(record.inputs);
    return known ? record : undefined;
  } catch {
    return undefined;
  }
}

export function outputsExist(outDir: string, record: PhaseRecord): Promise<boolean> {
  const { image, masks, liver } = record;
  const seeds = Object.values(record.seeds).filter((seed) => typeof seed === 'string');
  const files = [image, ...Object.values(masks), ...seeds, ...(liver === null ? [] : [liver])];
  return filesExist(outDir, files);
}

type Written = Pick<
  PhaseRecord,
  'image' | 'masks' | 'seeds' | 'liver' | 'quality' | 'warnings' | 'seconds'
>;

async function writeReference(task: RegisterPhaseJob): Promise<Written> {
  const { job } = task;
  const read = partReader();
  const image = await read(phaseInput(job, job.reference));
  const volumes: [string, Volume][] = [[imagePath(job, job.reference), image]];
  const warnings: string[] = [];
  const masks: Record<string, string> = {};
  const writtenAs = new Map<string, string>();
  const add = async (input: CaseInput, name: string): Promise<string> => {
    const volume = await read(input, image);
    warnings.push(...requireSameGrid(image, volume, input.role));
    const source = sourceKey(input);
    const path = writtenAs.get(source) ?? maskPath(job, name);
    if (!writtenAs.has(source)) volumes.push([path, { ...volume, ...gridOf(image) }]);
    writtenAs.set(source, path);
    return path;
  };
  const liver = job.liver === undefined ? null : await add(job.liver, 'liver');
  for (const lesion of job.lesions) {
    if (lesion.mask === undefined) continue;
    const suffix = lesion.phaseMasks.length > 0 ? `-${job.phaseNames[job.reference]}` : '';
    masks[lesion.key] = await add(lesion.mask, `${lesion.key}${suffix}`);
  }
  for (const [path, volume] of volumes) await writeVolume(join(task.outDir, path), volume);
  return {
    image: imagePath(job, job.reference),
    masks,
    seeds: await writeSeeds(task, read, image, {
      marks: (marks) => marks,
      image: (seeds) => seeds,
    }),
    liver,
    quality: null,
    warnings,
    seconds: 0,
  };
}

async function writeMoved(task: RegisterPhaseJob): Promise<Written> {
  const { job, phase, method, settings, transforms, outDir } = task;
  const read = partReader();
  const pair = {
    ...(await readPair(job, phase, read)),
    ...{ caseId: job.caseId, modality: job.modality, method, settings },
  };
  const carried = await carryPhase(pair, transforms);
  const image = imagePath(job, phase);
  await writeVolume(join(outDir, image), carried.image);
  const masks: Record<string, string> = {};
  for (const [lesion, mask] of carried.masks) {
    const path = maskPath(job, `${lesion}-${job.phaseNames[phase]}`);
    masks[lesion] = path;
    await writeVolume(join(outDir, path), mask);
  }
  const { quality, seconds, transform } = carried;
  const seeds = await writeSeeds(task, read, pair.moving, {
    marks: (marks) => carryMarks(marks, transform),
    image: (volume) => carrySeedImage(volume, transform, pair.fixed),
  });
  return { image, masks, seeds, liver: null, quality, warnings: quality.warnings, seconds };
}

/** Seeds of a phase after they were carried: label images are written, marks go into the record. */
async function writeSeeds(
  { job, phase, outDir }: RegisterPhaseJob,
  read: ReadPart,
  drawnOn: Volume,
  carry: { marks: (marks: SeedMarks) => SeedMarks; image: (seeds: Volume) => Volume },
): Promise<Record<string, string | SeedMarks>> {
  const seeds: Record<string, string | SeedMarks> = {};
  for (const lesion of job.lesions) {
    const input = seedsOn(job, lesion, phase);
    if (input === undefined) continue;
    if (!('file' in input)) {
      seeds[lesion.key] = carry.marks(input);
      continue;
    }
    const volume = await read(input);
    requireSameGrid(drawnOn, volume, input.role);
    const path = `seeds/${job.caseId}/${lesion.key}-${job.phaseNames[phase]}.nii.gz`;
    await writeVolume(join(outDir, path), carry.image({ ...volume, ...gridOf(drawnOn) }));
    seeds[lesion.key] = path;
  }
  return seeds;
}

/** Reads what registering a phase takes, and checks masks against their images. */
export async function readPair(job: CaseJob, phase: number, read: ReadPart) {
  const fixed = await readPhase(phaseInput(job, job.reference), read);
  const moving = await readPhase(phaseInput(job, phase), read);
  const onGrid = async (input: CaseInput | undefined, image: Volume) => {
    if (input === undefined) return undefined;
    const volume = await read(input, image);
    requireSameGrid(image, volume, input.role);
    // Headers may differ by a rounding error; what lies on the image's grid takes its geometry.
    return { ...volume, ...gridOf(image) };
  };
  const lesions: CarriedLesion[] = [];
  for (const { key, label, mask, phaseMasks } of job.lesions) {
    const drawn = await onGrid(mask, fixed);
    lesions.push({ key, label, fixed: drawn, moving: await onGrid(phaseMasks[phase], moving) });
  }
  const liver = await onGrid(job.liver, fixed);
  return { phase: job.phaseNames[phase] as string, fixed, moving, liver, lesions };
}

function phaseInput(job: CaseJob, phase: number): CaseInput {
  const input = job.phases[phase];
  if (input !== undefined) return input;
  throw new FlcError('DATA_ERROR', `phase ${job.phaseNames[phase]} is missing`, {
    remedy: 'correct dataset.yaml or remove the case',
  });
}

function imagePath(job: CaseJob, phase: number): string {
  return `images/${job.caseId}/${job.phaseNames[phase]}.nii.gz`;
}

function maskPath(job: CaseJob, name: string): string {
  return `masks/${job.caseId}/${name}.nii.gz`;
}
