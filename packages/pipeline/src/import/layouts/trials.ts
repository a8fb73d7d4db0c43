import { throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { counted } from '../../text/counted.js';
import { readVolume } from '../../volume/read-volume.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import { HeaderFindings } from '../compare-grids.js';
import type { ImportedCase, SkippedCase } from '../imported.js';
import { labelsInMask } from '../mask-labels.js';
import type { SourceTree } from '../source-tree.js';
import { documented } from './documented-phase.js';

const phases = { nocontrast: 'NC', arterial: 'ART', venous: 'PV', delayed: 'DL' } as const;
type PhaseWord = keyof typeof phases;

/** `Task_2/imagesTr/TriALS_1/TriALS_1_venous.nii.gz`, `labelsTr (Task 2)/TriALS_1/...`. */
const pattern =
  /(^|\/)(imagesTr|labelsTr)[^/]*\/(TriALS_[^/]+)\/\3_(nocontrast|arterial|venous|delayed|combined)\.nii(\.gz)?$/;
/** Values of the masks: 0 background, 1 liver, 2 lesion. */
const lesionLabel = 2;

/** MICCAI challenge 2024/25, Synapse syn53285416. */
export const trials: LayoutAdapter = {
  name: 'trials',
  title: 'TriALS (CT, 150 cases, four phases, lesions without classes)',
  modality: 'CT',
  licence: 'CC BY-NC 4.0: no commercial use, name the source',
  source: 'https://www.synapse.org/syn53285416',
  form: 'Task_2/imagesTr/TriALS_<n>/TriALS_<n>_{nocontrast,arterial,venous,delayed}.nii.gz and labelsTr.../TriALS_<n>/ with the same names',
  detect(tree) {
    const found = tree.files.filter((file) => pattern.test(file)).length;
    return found === 0
      ? undefined
      : { confidence: 0.95, reason: `${counted(found, 'file')} TriALS_<n>_<phase>.nii.gz` };
  },
  read: readCases,
};

async function readCases(tree: SourceTree, context: ImportContext) {
  const groups = groupBy(tree.files, (file) => pattern.exec(file)?.[3]);
  const headers = new HeaderFindings();
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const [name, files] of groups) {
    throwIfCancelled(context.signal);
    const at = (folder: string, word: string) => {
      const file = files.find((entry) => {
        const match = pattern.exec(entry);
        return match?.[2] === folder && match[4] === word;
      });
      return file === undefined ? undefined : tree.path(file);
    };
    const words = (Object.keys(phases) as PhaseWord[]).filter((word) => at('imagesTr', word));
    if (words.length === 0) {
      skipped.push({ name, reason: 'masks without images' });
      continue;
    }
    const images = words.map((word) => {
      const input = at('imagesTr', word) as string;
      const read = () => readVolume(input);
      return { key: word, input, facts: { names: [word] }, given: documented(phases[word]), read };
    });
    const masks = words.flatMap((word) => {
      const input = at('labelsTr', word);
      return input === undefined ? [] : [{ image: word as string, input }];
    });
    await compareHeaders(headers, name, at, words);
    const drawn = await Promise.all(masks.map(({ input }) => holdsLesion(input)));
    const withLesion = masks.filter((_, i) => drawn[i]);
    cases.push({
      id: name,
      patient: name,
      images,
      // Any value but 0 is liver or a lesion in it.
      liver: at('labelsTr', 'venous'),
      lesions:
        withLesion.length === 0
          ? []
          : [{ masks: withLesion, label: lesionLabel, components: 'split', class: null }],
    });
    context.onProgress(cases.length + skipped.length, groups.size);
  }
  return { cases, skipped, warnings: headers.warnings() };
}

async function compareHeaders(
  headers: HeaderFindings,
  name: string,
  at: (folder: string, word: string) => string | undefined,
  words: readonly PhaseWord[],
): Promise<void> {
  const reference = at('imagesTr', 'venous');
  if (reference === undefined) return;
  const others = [...words.map((word) => at('imagesTr', word)), at('labelsTr', 'venous')].filter(
    (file) => file !== undefined && file !== reference,
  ) as string[];
  await headers.compare(name, reference, others);
}

/** An unreadable mask stays: `check` names its fault. */
async function holdsLesion(file: string): Promise<boolean> {
  return (await labelsInMask(file))?.includes(lesionLabel) ?? true;
}
