import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { type CaseInput, type CaseJob, caseInputs, type LesionJob } from '../case/case-job.js';
import { aboutPart, partReader, type ReadPart, readPart, readPhase } from '../case/read-part.js';
import { type RegisteredCase, registerCase } from '../registration/register-case.js';
import { registrationMethod, resolveRegistration } from '../registration/registration-settings.js';
import type { Tensor } from '../storage/safetensors.js';
import { writeSafetensors } from '../storage/safetensors-file.js';
import type { Volume } from '../volume/volume.js';
import { caseKey } from './case-key.js';
import type { LesionSample } from './cut-samples.js';
import { hashFile } from './input-stamp.js';
import { type CaseImages, type LesionGeometry, lesionGeometry } from './lesion-geometry.js';
import { checkImages, cutLesions, type PreparedLesion } from './prepare-lesion.js';
import type { ResolvedPrepareOptions } from './prepare-options.js';
import {
  type CaseRecord,
  caseFormat,
  type PreparedSample,
  preparedVersion,
} from './prepared-format.js';

export interface PrepareCaseJob {
  readonly job: CaseJob;
  readonly options: ResolvedPrepareOptions;
  readonly outDir: string;
  readonly settings: string;
  /** Record of an earlier run, if its settings are the same. */
  readonly earlier?: CaseRecord | undefined;
}

export interface PrepareCaseResult {
  readonly record: CaseRecord;
  /** True if the inputs turned out to have the same contents, so that the file was left as it is. */
  readonly reused: boolean;
  /** What the case took in its worker. */
  readonly seconds: number;
}

/** Reads the volumes of a case, cuts its samples and writes its file. Rejects with FlcError. */
export async function prepareCase(task: PrepareCaseJob): Promise<PrepareCaseResult> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const { job, options, settings, earlier } = task;
  const inputs = await Promise.all(caseInputs(job).map(hashFile));
  const key = caseKey(settings, inputs);
  if (earlier?.case.key === key) {
    return {
      record: { ...earlier, case: { ...earlier.case, inputs } },
      reused: true,
      seconds: seconds(),
    };
  }
  const { lesions, warnings } = await cutCase(task);
  const file = `cases/${job.caseId}.safetensors`;
  const samples = lesions.flatMap((lesion) => describeSamples(job, lesion, file));
  const { caseId, patientId } = job;
  const record: CaseRecord = {
    case: { caseId, patientId, file, key, settings, inputs, warnings },
    samples,
  };
  await writeSafetensors(join(task.outDir, file), caseTensors(lesions), {
    format: caseFormat,
    version: String(preparedVersion),
    background: options.background,
    margin: String(options.margin),
    record: JSON.stringify(record),
  });
  return { record, reused: false, seconds: seconds() };
}

async function cutCase({ job, options, outDir }: PrepareCaseJob) {
  const stranger = job.lesions.find(
    (lesion) => lesion.class !== null && !job.classes.includes(lesion.class),
  );
  if (stranger !== undefined) {
    throw missing(`${stranger.key}: class "${stranger.class}" is not in the list of classes`);
  }
  requirePhases(job);
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const read: ReadPart = (input, onto) => readPart(input, onto, warn);
  const registered = await registeredCase(job, partReader(warn), options, outDir);
  const images = await readImages(job, read, registered?.phases);
  warnings.push(...(registered?.warnings ?? []), ...checkImages(images, options.align));
  const geometry: LesionGeometry[] = [];
  for (const lesion of job.lesions) {
    // One mask at a time: what stays of it is the crop of the lesion.
    const phaseMasks: (Volume | undefined)[] = [];
    for (const [i, input] of lesion.phaseMasks.entries()) {
      const moved = registered?.masks[i]?.get(lesion.key);
      phaseMasks.push(
        moved ?? (input === undefined ? undefined : await read(input, images.phases[i])),
      );
    }
    if (lesion.mask === undefined) throw maskless(lesion);
    const mask =
      phaseMasks[job.reference] ?? (await read(lesion.mask, images.phases[job.reference]));
    const { key, label, components } = lesion;
    try {
      const masks = { key, mask, phaseMasks, label, components };
      const found = lesionGeometry(images, masks, options.align);
      geometry.push(...found.lesions);
      warnings.push(...found.warnings);
    } catch (error) {
      throw aboutPart(error, lesion.mask);
    }
  }
  const cut = cutLesions(images, geometry, job.intensity, options);
  return { lesions: cut.lesions, warnings: [...new Set([...warnings, ...cut.warnings])] };
}

function requirePhases(job: CaseJob): void {
  const absent = job.phaseNames.filter((_, i) => job.phases[i] === undefined);
  if (absent.length > 0) throw missing(`phase ${absent.join(', ')} is missing`);
}

/** The case with its phases moved onto the reference, where the options say so. */
async function registeredCase(
  job: CaseJob,
  read: ReadPart,
  options: ResolvedPrepareOptions,
  outDir: string,
): Promise<RegisteredCase | undefined> {
  const method = registrationMethod(options.align);
  if (method === undefined) return undefined;
  const settings = resolveRegistration(options.registration);
  const transforms = options.transforms ?? join(outDir, 'registration');
  return registerCase(job, read, method, settings, transforms);
}

/** `moved` are the phases where they were registered. */
async function readImages(
  job: CaseJob,
  read: ReadPart,
  moved?: readonly Volume[],
): Promise<CaseImages> {
  const phases: Volume[] = [...(moved ?? [])];
  for (const input of job.phases.slice(phases.length)) {
    phases.push(await readPhase(input as CaseInput, read));
  }
  const liver = job.liver === undefined ? undefined : await read(job.liver, phases[job.reference]);
  return { phases, phaseNames: job.phaseNames, reference: job.reference, liver };
}

function missing(message: string): FlcError {
  return new FlcError('DATA_ERROR', message, {
    remedy: 'correct dataset.yaml or remove the case',
  });
}

function maskless({ key, seeds, phaseSeeds }: LesionJob): FlcError {
  if (seeds === undefined && phaseSeeds === undefined) {
    return missing(`${key} has no mask on the reference phase`);
  }
  return new FlcError('DATA_ERROR', `${key} has seeds, but no mask yet`, {
    remedy: 'run segment and prepare the dataset.yaml that it writes',
  });
}

function describeSamples(job: CaseJob, lesion: PreparedLesion, file: string): PreparedSample[] {
  const named = job.lesions.find(({ key }) => key === lesion.key.replace(/\.\d+$/, ''));
  const lesionId = `${job.caseId}/${lesion.key}`;
  return lesion.samples.map((sample) => ({
    id: `${lesionId}/${sample.slice}`,
    caseId: job.caseId,
    patientId: job.patientId,
    lesionId,
    class: named?.class ?? null,
    slice: sample.slice,
    file,
    key: tensorKey(lesion, sample),
    box: [...sample.box],
    areaPixels: sample.areaPixels,
    spacing: [...sample.spacing],
    slicePositionMm: sample.slicePositionMm,
    coverage: sample.coverage,
    coverageLowered: sample.coverageLowered,
    phaseShifts: sample.phaseShifts.map(([column, row, slice]) => [column, row, slice]),
    liverMeanSource: sample.liverMeanSource,
  }));
}

function tensorKey(lesion: PreparedLesion, sample: LesionSample): string {
  return `${lesion.key}/${sample.slice}`;
}

function caseTensors(lesions: readonly PreparedLesion[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const lesion of lesions) {
    for (const sample of lesion.samples) {
      const key = tensorKey(lesion, sample);
      const { shape } = sample;
      const [phases, height, width] = shape;
      const plane = [height, width];
      tensors.set(`${key}.image`, { dtype: 'I16', shape, data: sample.image });
      tensors.set(`${key}.mask`, { dtype: 'U8', shape: plane, data: sample.mask });
      tensors.set(`${key}.box`, { dtype: 'I32', shape: [4], data: Int32Array.from(sample.box) });
      tensors.set(`${key}.liverMean`, { dtype: 'F32', shape: [phases], data: sample.liverMean });
      tensors.set(`${key}.window`, { dtype: 'F32', shape: [phases, 2], data: sample.window });
      if (sample.phaseMasks !== undefined) {
        tensors.set(`${key}.phaseMasks`, { dtype: 'U8', shape, data: sample.phaseMasks });
      }
    }
  }
  return tensors;
}
