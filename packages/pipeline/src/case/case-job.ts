import { datasetPath } from '../dataset/dataset.js';
import type {
  DatasetCase,
  DatasetConfig,
  DatasetLesion,
  Intensity,
} from '../dataset/dataset-schema.js';
import { pseudonym } from '../dataset/pseudonym.js';
import { ctWindow } from '../dataset/validate-dataset.js';

/** A file of a case. `role` names its part and may be shown anywhere; the path may not. */
export interface CaseInput {
  readonly role: string;
  readonly file: string;
}

export interface LesionJob {
  readonly key: string;
  readonly class: string | null;
  readonly label?: number | undefined;
  readonly components?: 'split' | 'merge' | undefined;
  /** Input of the mask on the reference phase; undefined if dataset.yaml names none. */
  readonly mask: CaseInput | undefined;
  /** Inputs of the masks of the phases, in order; empty with a single mask. */
  readonly phaseMasks: readonly (CaseInput | undefined)[];
}

/** Everything a worker needs to know of one case; plain data. */
export interface CaseJob {
  readonly caseId: string;
  readonly patientId: string;
  readonly phaseNames: readonly string[];
  readonly reference: number;
  readonly modality: 'CT' | 'MR';
  readonly intensity: Intensity;
  readonly classes: readonly string[];
  /** Undefined for a phase that the case lacks. */
  readonly phases: readonly (CaseInput | undefined)[];
  readonly liver?: CaseInput | undefined;
  readonly lesions: readonly LesionJob[];
}

/** Plain form of a case for checking and preparing. */
export function caseJob(dataset: DatasetConfig & { root: string }, entry: DatasetCase): CaseJob {
  const input = (role: string, path: string | undefined): CaseInput | undefined =>
    path === undefined ? undefined : { role, file: datasetPath(dataset, path) };
  return {
    caseId: pseudonym(entry.id),
    patientId: pseudonym(entry.patient),
    phaseNames: dataset.phases,
    reference: dataset.phases.indexOf(dataset.reference),
    modality: dataset.modality,
    intensity: dataset.intensity ?? { window: ctWindow },
    classes: dataset.classes,
    phases: dataset.phases.map((phase) => input(`phase ${phase}`, own(entry.phases, phase))),
    liver: input('liver mask', entry.liver),
    lesions: entry.lesions.map((lesion, i) => lesionJob(dataset, lesion, `lesion-${i + 1}`, input)),
  };
}

function lesionJob(
  dataset: DatasetConfig,
  lesion: DatasetLesion,
  key: string,
  input: (role: string, path: string | undefined) => CaseInput | undefined,
): LesionJob {
  const { mask, label, components } = lesion;
  const single = typeof mask === 'string';
  const shared = { key, class: lesion.class ?? null, label, components };
  if (single) return { ...shared, mask: input(`mask of ${key}`, mask), phaseMasks: [] };
  const phaseMasks = dataset.phases.map((phase) =>
    input(`mask of ${key} on ${phase}`, own(mask, phase)),
  );
  return { ...shared, mask: phaseMasks[dataset.phases.indexOf(dataset.reference)], phaseMasks };
}

/** All files of a case, each once for each role. */
export function caseInputs(job: CaseJob): CaseInput[] {
  const all = [
    ...job.phases,
    job.liver,
    ...job.lesions.flatMap((lesion) =>
      lesion.phaseMasks.length > 0 ? lesion.phaseMasks : [lesion.mask],
    ),
  ];
  return all.filter((input) => input !== undefined);
}

function own(map: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
