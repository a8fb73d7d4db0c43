import { throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { counted } from '../../text/counted.js';
import { readVolume } from '../../volume/read-volume.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import type { ImportedCase, ImportedImage, ImportedLesion, SkippedCase } from '../imported.js';
import { className } from '../lesion-class.js';
import { type BoxedSeries, type LldAnnotation, readLldAnnotation } from '../lld-annotation.js';
import { writeBoxMask } from '../lld-boxes.js';
import { partsOf, type SourceTree } from '../source-tree.js';
import { documented } from './documented-phase.js';

/** Names in the annotation and in file names -> phases of dataset.yaml. */
const phases: Readonly<Record<string, string>> = {
  'c-pre': 'NC',
  'c+a': 'ART',
  'c+v': 'PV',
  'c+delay': 'DL',
  t2wi: 'T2WI',
  dwi: 'DWI',
  inphase: 'InPhase',
  outphase: 'OutPhase',
};

const annotation = /(^|\/)[^/]*annotation[^/]*\.json$/i;
/** The variant with masks: `images/MR-391135_1_C+A_0000.nii.gz`. */
const flat = /(^|\/)images\/(MR-?\d+)_(\d+)_([^/_]+)_0000\.nii(\.gz)?$/i;
/** The original: `images/<patient>/<study>/<series>.nii.gz`. */
const nested = /(^|\/)images\/([^/]+)\/([^/]+)\/([^/]+)\.nii(\.gz)?$/;

const licence =
  'non-commercial research only, redistribution forbidden: sign the agreement of the set';

export const lldMmri: LayoutAdapter = {
  name: 'lld-mmri',
  title: 'LLD-MMRI (MR, 498 patients, eight sequences, seven classes)',
  modality: 'MR',
  licence,
  source: 'https://github.com/LMMMEng/LLD-MMRI-Dataset',
  form: 'an annotation .json with images/<patient>/<study>/<series>.nii.gz (boxes); or with images/MR-<id>_<n>_<phase>_0000.nii.gz and labels/ (masks)',
  // T2, DWI and in/out of phase are there too: ask for them with --phases.
  phases: ['NC', 'ART', 'PV', 'DL'],
  detect(tree) {
    const json = tree.files.some((file) => annotation.test(file));
    const masks = tree.files.filter((file) => flat.test(file)).length;
    const boxes = tree.files.filter((file) => nested.test(file)).length;
    if (!json || masks + boxes === 0) return undefined;
    return masks > 0
      ? {
          confidence: 0.95,
          reason: `annotation .json, ${counted(masks, 'file')} MR-<id>_<n>_<phase>_0000`,
        }
      : {
          confidence: 0.85,
          reason: `annotation .json, ${counted(boxes, 'file')} images/<patient>/<study>/`,
        };
  },
  async read(tree, context) {
    const file = tree.files.find((entry) => annotation.test(entry)) as string;
    const said = await readLldAnnotation(tree.path(file));
    return tree.files.some((entry) => flat.test(entry))
      ? readMasks(tree, said, context)
      : await readBoxes(tree, said, context);
  },
};

function phaseOf(name: string): string | undefined {
  return phases[name.toLowerCase().replace(/[\s_]+/g, '')];
}

function imageOf(file: string, phase: string): ImportedImage {
  return {
    key: phase,
    input: file,
    facts: { modality: 'MR', names: [phase] },
    given: documented(phase),
    read: () => readVolume(file),
  };
}

/** The variant with a mask of every sequence. */
function readMasks(tree: SourceTree, said: LldAnnotation, context: ImportContext) {
  const groups = groupBy(tree.files, (file) => {
    const match = flat.exec(file);
    return match === null ? undefined : `${match[2]}_${match[3]}`;
  });
  const masks = new Map(
    tree.files.flatMap((file) => {
      const name = /(^|\/)labels\/([^/]+)\.nii(\.gz)?$/.exec(file)?.[2];
      return name === undefined ? [] : [[name, file] as const];
    }),
  );
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const [name, files] of groups) {
    const patient = flat.exec(files[0] as string)?.[2] as string;
    const found = files.flatMap((file) => {
      const phase = phaseOf(flat.exec(file)?.[4] ?? '');
      if (phase === undefined) return [];
      const stem = (partsOf(file).at(-1) as string).replace(/_0000\.nii(\.gz)?$/i, '');
      const label = masks.get(stem) ?? masks.get(`${stem}_0000`);
      return [{ phase, file, label }];
    });
    if (found.length === 0) {
      skipped.push({ name, reason: 'no sequence with a known name' });
      continue;
    }
    const drawn = found.flatMap(({ phase, label }) =>
      label === undefined ? [] : [{ image: phase, input: tree.path(label) }],
    );
    const term = said.classOf(patient);
    cases.push({
      id: name,
      patient,
      images: found.map(({ phase, file }) => imageOf(tree.path(file), phase)),
      lesions:
        drawn.length === 0
          ? []
          : [
              {
                masks: drawn,
                class: term === undefined ? null : className(term, context.classMap),
              },
            ],
    });
    context.onProgress(cases.length + skipped.length, groups.size);
  }
  const unnamed = cases.filter(({ patient }) => said.classOf(patient) === undefined);
  return {
    cases,
    skipped,
    warnings: [
      ...sequencesSaid,
      ...(unnamed.length === 0
        ? []
        : [
            {
              code: 'NO_CLASS',
              message: 'the annotation states no class, or several',
              cases: unnamed.map(({ id }) => id),
            },
          ]),
    ],
  };
}

const sequencesSaid = [
  {
    code: 'GRIDS_DIFFER',
    message: 'sequences lie on grids of their own: prepare with --align centroid, or register',
    cases: [],
  },
];

/** The original form, with boxes. */
async function readBoxes(tree: SourceTree, said: LldAnnotation, context: ImportContext) {
  const files = new Map(
    tree.files.flatMap((file) => {
      const match = nested.exec(file);
      return match === null ? [] : [[`${match[2]}/${match[3]}/${match[4]}`, file] as const];
    }),
  );
  const studies = groupBy(said.series, ({ patient, study }) => `${patient}\n${study}`);
  const perPatient = groupBy([...studies.keys()], (key) => key.split('\n')[0]);
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  const outside = new Set<string>();
  let done = 0;
  for (const [key, series] of studies) {
    throwIfCancelled(context.signal);
    const [patient, study] = key.split('\n') as [string, string];
    const name = (perPatient.get(patient)?.length ?? 0) > 1 ? `${patient}/${study}` : patient;
    const found = series.flatMap((entry) => {
      const phase = phaseOf(entry.phase);
      const file = files.get(`${patient}/${study}/${entry.series}`);
      return phase === undefined || file === undefined
        ? []
        : [{ entry, phase, file: tree.path(file) }];
    });
    if (found.length === 0) skipped.push({ name, reason: 'annotated, without images' });
    else {
      const lesions =
        context.boxes === 'none' ? [] : await boxLesions(name, found, context, outside);
      const images = found.map(({ phase, file }) => imageOf(file, phase));
      cases.push({ id: name, patient, images, lesions });
    }
    context.onProgress(++done, studies.size);
  }
  return { cases, skipped, warnings: [...sequencesSaid, ...boxWarnings(context, outside)] };
}

interface FoundSeries {
  readonly entry: BoxedSeries;
  readonly phase: string;
  readonly file: string;
}

async function boxLesions(
  name: string,
  found: readonly FoundSeries[],
  context: ImportContext,
  outside: Set<string>,
): Promise<ImportedLesion[]> {
  const indices = new Set(found.flatMap(({ entry }) => entry.lesions.map(({ index }) => index)));
  const lesions: ImportedLesion[] = [];
  for (const index of indices) {
    const masks: { image: string; input: string }[] = [];
    let term: string | undefined;
    for (const { entry, phase, file } of found) {
      const boxed = entry.lesions.find((lesion) => lesion.index === index);
      if (boxed === undefined) continue;
      term ??= boxed.class;
      const input = await writeBoxMask(file, boxed, (mask) =>
        context.writeMask(name, `lesion-${index}-${phase}`, mask),
      );
      if (input === undefined) outside.add(name);
      else masks.push({ image: phase, input });
    }
    const known = term === undefined ? null : className(term, context.classMap);
    if (masks.length > 0) lesions.push({ masks, class: known });
  }
  return lesions;
}

function boxWarnings({ boxes }: ImportContext, outside: ReadonlySet<string>) {
  const used = {
    code: 'BOX_AS_MASK',
    message:
      'this form has boxes, not masks: a mask that fills the box was written beside dataset.yaml; features of shape and the coverage of patches describe the box. The variant with masks is better, or draw seeds and segment',
    cases: [],
  };
  const dropped = { code: 'BOX_LEFT_OUT', message: 'boxes were left out as asked', cases: [] };
  return [
    boxes === 'mask' ? used : dropped,
    ...(outside.size === 0
      ? []
      : [{ code: 'BOX_OUTSIDE', message: 'a box lies outside of its image', cases: [...outside] }]),
  ];
}
