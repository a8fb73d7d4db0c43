import { access } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { stringify } from 'yaml';
import { writeFileAtomic } from '../storage/index.js';
import type { Vector3 } from '../volume/index.js';
import { type CasePlan, type PhantomCounts, planCohort } from './cohort-plan.js';
import { type PhantomPhase, phantomClasses, phantomPhases } from './enhancement.js';
import { renderInWorkers } from './render-in-workers.js';
import { type CaseTruth, deformationFormula, type PhantomTruth } from './truth.js';
import { caseFiles, type WriteOptions, writeCase } from './write-case.js';

export interface PhantomOptions {
  /** Folder of the cohort; it must not hold a dataset yet. */
  readonly out: string;
  /** Number of lesions in the proportions of the paper's cohort, or lesions by class. */
  readonly lesions: number | PhantomCounts;
  readonly seed: number;
  /** In order of acquisition and with PV, the reference; NC, ART and PV if left out. */
  readonly phases?: readonly PhantomPhase[] | undefined;
  /** 512 x 512 and the whole liver; about 0.7 GB of memory a worker. */
  readonly full?: boolean | undefined;
  /** Size of a cropped case in voxels, at least 96 x 96 x 12; 160 x 160 x 24 if left out. */
  readonly size?: Vector3 | undefined;
  /** DICOM instead of NIfTI: a CT series for each phase, masks as DICOM segmentations; seeds stay NIfTI. */
  readonly dicom?: boolean | undefined;
  /** Threads; the number of processors if left out, 0 renders in the calling thread. No influence on the result. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PhantomProgress) => void) | undefined;
}

export interface PhantomProgress {
  readonly done: number;
  readonly total: number;
  readonly caseId: string;
  readonly seconds: number;
}

/**
 * Writes a synthetic cohort: NIfTI volumes or DICOM, dataset.yaml and, last of all, truth.json. See docs/explanation for what it
 * models. Equal options give equal bytes.
 *
 * @throws FlcError INVALID_CONFIG for wrong options or a folder in use, CANCELLED, IO_ERROR
 */
export async function generatePhantom(
  options: PhantomOptions,
): Promise<{ datasetFile: string; cases: number }> {
  const renderOptions = checkOptions(options);
  const plans = planCohort(options.lesions, options.seed);
  const datasetFile = join(options.out, 'dataset.yaml');
  await refuseExisting(datasetFile);
  const started = performance.now();
  let done = 0;
  const report = (caseId: string) => {
    done++;
    const seconds = (performance.now() - started) / 1000;
    options.onProgress?.({ done, total: plans.length, caseId, seconds });
  };
  const workers = Math.min(options.workers ?? availableParallelism(), plans.length);
  const truths =
    workers === 0
      ? await renderHere(options, plans, renderOptions, report)
      : await renderInWorkers(
          { out: options.out, options: renderOptions },
          plans,
          workers,
          options.signal,
          report,
        );
  const truth: PhantomTruth = {
    format: 'flc-phantom-truth',
    version: 1,
    synthetic: true,
    seed: options.seed,
    full: renderOptions.full,
    phases: renderOptions.phases,
    reference: 'PV',
    deformationFormula,
    cases: truths,
  };
  await writeFileAtomic(join(options.out, 'truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
  await writeFileAtomic(datasetFile, datasetYaml(plans, renderOptions));
  return { datasetFile, cases: plans.length };
}

async function renderHere(
  { out, signal }: PhantomOptions,
  plans: readonly CasePlan[],
  renderOptions: WriteOptions,
  report: (caseId: string) => void,
): Promise<CaseTruth[]> {
  const truths: CaseTruth[] = [];
  for (const plan of plans) {
    throwIfCancelled(signal, 'Generating the cohort was cancelled');
    truths.push(await writeCase(out, plan, renderOptions));
    report(plan.id);
  }
  return truths;
}

function checkOptions(options: PhantomOptions): WriteOptions {
  const {
    phases = ['NC', 'ART', 'PV'],
    seed,
    full = false,
    dicom = false,
    size,
    workers,
  } = options;
  if (!Number.isInteger(seed) || seed < 0) {
    throw new FlcError('INVALID_CONFIG', 'The seed is an integer from 0', { details: { seed } });
  }
  const ordered = phantomPhases.filter((phase) => phases.includes(phase));
  if (!phases.includes('PV') || ordered.join() !== phases.join()) {
    throw new FlcError(
      'INVALID_CONFIG',
      'Phases are some of NC, ART, PV, DL in this order, with PV',
      {
        details: { phases },
      },
    );
  }
  if (size !== undefined && (full || size.some((n, i) => !(n >= (i < 2 ? 96 : 12) && n <= 512)))) {
    throw new FlcError('INVALID_CONFIG', 'A cropped case has at least 96 x 96 x 12 voxels', {
      details: { size, full },
    });
  }
  if (workers !== undefined && (!Number.isInteger(workers) || workers < 0)) {
    throw new FlcError('INVALID_CONFIG', 'The number of workers is an integer from 0', {
      details: { workers },
    });
  }
  return { seed, phases, full, dicom, ...(size === undefined ? {} : { size }) };
}

async function refuseExisting(datasetFile: string): Promise<void> {
  const exists = await access(datasetFile).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new FlcError('INVALID_CONFIG', 'The folder already holds a dataset', {
    details: { file: datasetFile },
    remedy: 'Choose another folder or delete this one.',
  });
}

/** The dataset with masks for every phase, so that phases may be aligned by them. */
function datasetYaml(plans: readonly CasePlan[], { phases, dicom = false }: WriteOptions): string {
  const series = (path: string) => (dicom ? { dicom: path } : path);
  const mask = (path: string, segment: string) => (dicom ? { dicom: path, segment } : path);
  const byPhase = <T>(paths: Record<string, string>, source: (path: string, phase: string) => T) =>
    Object.fromEntries(Object.entries(paths).map(([phase, path]) => [phase, source(path, phase)]));
  return stringify({
    format: 'flc-dataset',
    version: 1,
    modality: 'CT',
    intensity: { window: [-70, 180] },
    phases,
    reference: 'PV',
    classes: phantomClasses,
    synthetic: true,
    cases: plans.map((plan) => {
      const files = caseFiles(plan.id, phases, dicom);
      return {
        id: plan.id,
        patient: plan.patient,
        phases: byPhase(files.images, series),
        liver: mask(files.liver, 'liver'),
        lesions: [
          {
            mask: byPhase(files.lesionMasks, (path, phase) => mask(path, `lesion-${phase}`)),
            seeds: files.seeds,
            ...(dicom ? {} : { label: 1 }),
            class: plan.class,
          },
        ],
      };
    }),
  });
}
