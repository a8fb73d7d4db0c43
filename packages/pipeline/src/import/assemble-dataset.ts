import { dirname, relative, resolve, sep } from 'node:path';
import type { DatasetInput } from '../dataset/dataset-schema.js';
import type { PhaseDecision } from '../phase-rules/assign-phases.js';
import { type ContrastPhase, contrastPhases } from '../phase-rules/phase-guess.js';
import type { LayoutAdapter } from './adapter.js';
import { countPhases } from './count-phases.js';
import type { ImportOptions } from './import-options.js';
import type {
  ImportedCase,
  ImportedCohort,
  ImportedLesion,
  ImportedMask,
  SourceRef,
} from './imported.js';

/** A case whose images have their phases. */
export interface PhasedCase {
  readonly entry: ImportedCase;
  readonly decisions: readonly PhaseDecision[];
  /** Phase -> key of its image. */
  readonly byPhase: ReadonlyMap<string, string>;
}

type CaseInputEntry = DatasetInput['cases'][number];

/** A case of dataset.yaml, and why it is set apart, if it is. */
export interface AssembledCase {
  readonly name: string;
  readonly written: CaseInputEntry;
  readonly apart?: string | undefined;
}

/** Share of the cases with lesions that must have a phase for it to be one of the dataset's. */
const commonShare = 0.5;

/** Phases of the dataset, in the order of enhancement, then of appearance. */
export function choosePhases(
  cases: readonly PhasedCase[],
  adapter: LayoutAdapter,
  wanted: readonly string[] | undefined,
): string[] {
  if (wanted !== undefined && wanted.length > 0) return [...new Set(wanted)];
  const counts = new Map(Object.entries(countPhases(cases)));
  const allowed = adapter.phases;
  const common = [...counts.keys()].filter(
    (phase) =>
      (counts.get(phase) ?? 0) >= commonShare * cases.length &&
      (allowed === undefined || allowed.includes(phase)),
  );
  // Where every case has another phase, the most frequent one.
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  const chosen = common.length > 0 ? common : most === undefined ? ['PV'] : [most[0]];
  const rank = (phase: string) => {
    const at = contrastPhases.indexOf(phase as ContrastPhase);
    return at < 0 ? contrastPhases.length : at;
  };
  return chosen.sort((a, b) => rank(a) - rank(b));
}

/** The phase on which most masks are drawn; PV where that is not known. */
export function chooseReference(
  cases: readonly PhasedCase[],
  phases: readonly string[],
  wanted: string | undefined,
): string {
  if (wanted !== undefined) return wanted;
  const counts = new Map<string, number>();
  for (const { entry, byPhase } of cases) {
    for (const mask of entry.lesions.flatMap(({ masks }) => masks)) {
      const phase = phaseOfMask(mask, byPhase);
      if (phase !== undefined && byPhase.has(phase))
        counts.set(phase, (counts.get(phase) ?? 0) + 1);
    }
  }
  const usual = phases.includes('PV') ? 'PV' : (phases.at(-1) as string);
  const best = phases.reduce(
    (a, b) => ((counts.get(b) ?? 0) > (counts.get(a) ?? 0) ? b : a),
    usual,
  );
  return best;
}

/** One case as it stands in dataset.yaml, with the phases and masks that it has. */
export function assembleCase(
  { entry, byPhase }: PhasedCase,
  phases: readonly string[],
  reference: string,
  out: string,
): AssembledCase {
  const images = new Map(entry.images.map((image) => [image.key, image]));
  const inputs = phases.flatMap((phase) => {
    const input = images.get(byPhase.get(phase) ?? '')?.input;
    return input === undefined ? [] : [[phase, relativeRef(input, out)] as const];
  });
  const found = new Set(inputs.map(([phase]) => phase));
  const missing = phases.filter((phase) => !found.has(phase));
  const lesions = entry.lesions.map((lesion) =>
    writtenLesion(lesion, byPhase, phases, reference, out),
  );
  const elsewhere = lesions.some(({ onReference }) => !onReference);
  const reasons = [
    entry.apart,
    missing.length > 0 ? `phase ${missing.join(', ')} is missing` : undefined,
    elsewhere ? `a mask is not drawn on the reference phase ${reference}` : undefined,
  ].filter((reason) => reason !== undefined);
  return {
    name: entry.id,
    written: {
      id: entry.id,
      patient: entry.patient,
      ...(entry.studyDate === undefined ? {} : { studyDate: entry.studyDate }),
      phases: Object.fromEntries(inputs) as CaseInputEntry['phases'],
      ...(entry.liver === undefined
        ? {}
        : { liver: relativeRef(entry.liver, out) as NonNullable<CaseInputEntry['liver']> }),
      lesions: lesions.flatMap(({ written }) => written ?? []),
    },
    ...(reasons.length === 0 ? {} : { apart: reasons.join('; ') }),
  };
}

/** The phase on which a mask was drawn, of an image that is here or not; undefined where nothing says it. */
function phaseOfMask(
  { image, phase }: ImportedMask,
  byPhase: ReadonlyMap<string, string>,
): string | undefined {
  const found = [...byPhase].find(([, key]) => key === image);
  return found?.[0] ?? phase;
}

type WrittenLesion = CaseInputEntry['lesions'][number];

function writtenLesion(
  lesion: ImportedLesion,
  byPhase: ReadonlyMap<string, string>,
  phases: readonly string[],
  reference: string,
  out: string,
): { written?: WrittenLesion; onReference: boolean } {
  const masks = new Map<string, SourceRef>();
  const drawn = new Set<string>();
  for (const mask of lesion.masks) {
    const said = phaseOfMask(mask, byPhase);
    const phase = said ?? (mask.image === undefined ? reference : undefined);
    if (phase === undefined || !phases.includes(phase)) continue;
    drawn.add(phase);
    // Without its image a mask is of no use: it would be taken for one of another phase.
    if (said === undefined || byPhase.has(said)) masks.set(phase, mask.input);
  }
  // Where the reference itself is missing, that is the reason, and no fault of the mask.
  const onReference = byPhase.has(reference) ? masks.has(reference) : drawn.has(reference);
  if (masks.size === 0) return { onReference };
  const only = masks.size === 1 ? masks.get(reference) : undefined;
  const mask =
    only === undefined
      ? Object.fromEntries([...masks].map(([phase, input]) => [phase, relativeRef(input, out)]))
      : relativeRef(only, out);
  const { label, components } = lesion;
  return {
    written: {
      mask: mask as WrittenLesion['mask'],
      ...(label === undefined ? {} : { label }),
      ...(components === undefined ? {} : { components }),
      ...(lesion.class === undefined || lesion.class === null ? {} : { class: lesion.class }),
    },
    onReference,
  };
}

/** Paths relative to the folder of dataset.yaml, with `/`. */
function relativeRef(input: SourceRef, out: string): SourceRef {
  const short = (path: string) =>
    relative(dirname(resolve(out)), path)
      .split(sep)
      .join('/') || '.';
  if (typeof input === 'string') return short(input);
  const { dicom, series, acquisition, segment, roi } = input;
  return {
    dicom: short(dicom),
    ...(series === undefined ? {} : { series }),
    ...(acquisition === undefined ? {} : { acquisition }),
    ...(segment === undefined ? {} : { segment }),
    ...(roi === undefined ? {} : { roi }),
  };
}

/** The dataset around some of its cases. */
export function assembleDataset(
  cases: readonly AssembledCase[],
  shared: Pick<
    DatasetInput,
    'modality' | 'phases' | 'reference' | 'classes' | 'pseudonymKey' | 'synthetic'
  >,
): DatasetInput {
  return {
    format: 'flc-dataset',
    version: 1,
    ...shared,
    cases: cases.map(({ written }) => written),
  };
}

/** Modality of the dataset: the user's word, the files', the layout's. */
export function modalityOf(
  adapter: LayoutAdapter,
  cohort: ImportedCohort,
  options: ImportOptions,
): 'CT' | 'MR' {
  return options.modality ?? cohort.modality ?? adapter.modality;
}
