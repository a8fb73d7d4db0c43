import { datasetPath } from '../dataset/dataset.js';
import {
  type DatasetCase,
  type DatasetConfig,
  type DatasetLesion,
  type ImageSource,
  type Intensity,
  isSingleMask,
  isSingleSeeds,
  type MaskSource,
  type SeedSource,
} from '../dataset/dataset-schema.js';
import { pseudonymsOf } from '../dataset/pseudonym.js';
import type { SeedMarks } from '../dataset/seeds-schema.js';
import { ctWindow } from '../dataset/validate-dataset.js';

/** What of a DICOM folder or file an input is. */
export type DicomSource =
  | { readonly kind: 'series'; readonly series?: string; readonly acquisition?: number }
  | {
      readonly kind: 'mask';
      readonly segment?: number | string;
      readonly roi?: number | string;
    };

/**
 * A file of a case. `role` names its part and may be shown anywhere; the path may not. With
 * `source`, `file` is a DICOM folder or file.
 */
export interface CaseInput {
  readonly role: string;
  readonly file: string;
  readonly source?: DicomSource | undefined;
}

/** Seeds of a lesion: a label image on its phase (1 lesion, 2.. surroundings), or marks in world coordinates. */
export type SeedInput = CaseInput | SeedMarks;

export interface LesionJob {
  readonly key: string;
  readonly class: string | null;
  readonly label?: number | undefined;
  readonly components?: 'split' | 'merge' | undefined;
  /** Input of the mask on the reference phase; undefined if dataset.yaml names none. */
  readonly mask: CaseInput | undefined;
  /** Inputs of the masks of the phases, in order; empty with a single mask. */
  readonly phaseMasks: readonly (CaseInput | undefined)[];
  /** Seeds on the reference phase, meant for all. */
  readonly seeds?: SeedInput | undefined;
  /** Seeds of the phases, in order; absent where `seeds` is given or there are none. */
  readonly phaseSeeds?: readonly (SeedInput | undefined)[];
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
export function caseJob(
  dataset: DatasetConfig & { root: string; key?: Uint8Array },
  entry: DatasetCase,
): CaseJob {
  const hide = pseudonymsOf(dataset);
  const input = (role: string, ref: ImageSource | MaskSource | undefined, kind: Kind) =>
    ref === undefined ? undefined : caseInput(dataset, role, ref, kind);
  return {
    caseId: hide(entry.id),
    patientId: hide(entry.patient),
    phaseNames: dataset.phases,
    reference: dataset.phases.indexOf(dataset.reference),
    modality: dataset.modality,
    intensity: dataset.intensity ?? { window: ctWindow },
    classes: dataset.classes,
    phases: dataset.phases.map((phase) =>
      input(`phase ${phase}`, own(entry.phases, phase), 'series'),
    ),
    liver: input('liver mask', entry.liver, 'mask'),
    lesions: entry.lesions.map((lesion, i) => lesionJob(dataset, lesion, `lesion-${i + 1}`, input)),
  };
}

type Kind = DicomSource['kind'];
type MakeInput = (
  role: string,
  ref: ImageSource | MaskSource | undefined,
  kind: Kind,
) => CaseInput | undefined;

function caseInput(
  dataset: { root: string },
  role: string,
  ref: ImageSource | MaskSource,
  kind: Kind,
): CaseInput {
  if (typeof ref === 'string') return { role, file: datasetPath(dataset, ref) };
  const { dicom, ...choice } = ref;
  const source = { kind, ...choice } as DicomSource;
  return { role, file: datasetPath(dataset, dicom), source };
}

function lesionJob(
  dataset: DatasetConfig & { root: string },
  lesion: DatasetLesion,
  key: string,
  input: MakeInput,
): LesionJob {
  const { mask, label, components } = lesion;
  const seeds = lesionSeeds(dataset, lesion, key);
  const shared = { key, class: lesion.class ?? null, label, components, ...seeds };
  if (mask === undefined) return { ...shared, mask: undefined, phaseMasks: [] };
  if (isSingleMask(mask)) {
    return { ...shared, mask: input(`mask of ${key}`, mask, 'mask'), phaseMasks: [] };
  }
  const phaseMasks = dataset.phases.map((phase) =>
    input(`mask of ${key} on ${phase}`, own(mask, phase), 'mask'),
  );
  return { ...shared, mask: phaseMasks[dataset.phases.indexOf(dataset.reference)], phaseMasks };
}

function lesionSeeds(
  dataset: DatasetConfig & { root: string },
  { seeds }: DatasetLesion,
  key: string,
): Pick<LesionJob, 'seeds' | 'phaseSeeds'> {
  const input = (role: string, source: SeedSource | undefined): SeedInput | undefined =>
    typeof source === 'string' ? { role, file: datasetPath(dataset, source) } : source;
  if (seeds === undefined) return {};
  if (isSingleSeeds(seeds)) return { seeds: input(`seeds of ${key}`, seeds) };
  return {
    phaseSeeds: dataset.phases.map((phase) =>
      input(`seeds of ${key} on ${phase}`, own(seeds, phase)),
    ),
  };
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

function own<T>(map: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
