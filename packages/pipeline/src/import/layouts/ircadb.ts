import { throwIfCancelled, toFlcError } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { scanFiles } from '../../dicom/scan-dicom.js';
import { counted } from '../../text/counted.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import { commonFolder, dicomImages } from '../dicom-images.js';
import { readMaskFolder } from '../dicom-mask-folder.js';
import type { ImportedCase, ImportedLesion, ImportWarning, SkippedCase } from '../imported.js';
import { className } from '../lesion-class.js';
import { partsOf, type SourceTree } from '../source-tree.js';
import { documented } from './documented-phase.js';

const patient = /(?:^|\/)(3Dircadb1\.\d+)\/(.+)$/i;
/** Names of mask folders that are lesions of the liver; `livertumor01`, `livercyst`, `liverkyste`. */
const lesion = /^liver(tumou?rs?|cysts?|kystes?|metastas[ei]s)\d*$/i;

/** https://www.ircad.fr/research/data-sets/liver-segmentation-3d-ircadb-01 */
export const ircadb: LayoutAdapter = {
  name: 'ircadb',
  title: '3D-IRCADb-01 (CT as DICOM, 20 patients, portal venous, 15 with tumours)',
  modality: 'CT',
  licence: 'CC BY-NC-ND: no commercial use, no changed copies',
  source: 'https://www.ircad.fr/research/data-sets/liver-segmentation-3d-ircadb-01',
  form: '3Dircadb1.<n>/PATIENT_DICOM/ and 3Dircadb1.<n>/MASKS_DICOM/{liver,livertumor01,livercyst ...}/ (unpacked)',
  detect(tree) {
    const found = new Set(tree.files.flatMap((file) => patient.exec(file)?.[1] ?? []));
    return found.size === 0
      ? undefined
      : { confidence: 0.95, reason: `${counted(found.size, 'folder')} 3Dircadb1.<n>` };
  },
  read: readCases,
};

async function readCases(tree: SourceTree, context: ImportContext) {
  const groups = groupBy(tree.files, (file) => patient.exec(file)?.[1]);
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  const faults: ImportWarning[] = [];
  for (const [name, files] of groups) {
    throwIfCancelled(context.signal);
    const entry = await readCase(tree, name, files, context, faults);
    if (typeof entry === 'string') skipped.push({ name, reason: entry });
    else cases.push(entry);
    context.onProgress(cases.length + skipped.length, groups.size);
  }
  return { cases, skipped, warnings: [...always, ...faults] };
}

const always: readonly ImportWarning[] = [
  {
    code: 'PHASE_BY_DOCUMENTATION',
    message: 'one image a case, taken as portal venous: most are, single cases are not',
    cases: [],
  },
  {
    code: 'MASKS_WRITTEN',
    message:
      'masks are DICOM folders without a geometry of their own: written as NIfTI beside dataset.yaml, slices paired by InstanceNumber; tumours have no class',
    cases: [],
  },
];

async function readCase(
  tree: SourceTree,
  name: string,
  files: readonly string[],
  context: ImportContext,
  faults: ImportWarning[],
): Promise<ImportedCase | string> {
  const inside = (folder: string) => files.filter((file) => partsOf(file).includes(folder));
  const slices = inside('PATIENT_DICOM').map((file) => tree.path(file));
  if (slices.length === 0) {
    const packed = files.some((file) => /\.zip$/i.test(file));
    return packed ? 'still packed: unpack the .zip files first' : 'no folder PATIENT_DICOM';
  }
  const { stacks } = await scanFiles(commonFolder(slices), slices, { signal: context.signal });
  const { images, dropped } = dicomImages(stacks);
  const image = images[0];
  const stack = stacks.find(({ key }) => key === image?.key);
  if (image === undefined || stack === undefined) {
    return dropped[0]?.reason ?? 'PATIENT_DICOM holds no images';
  }
  const masks = groupBy(inside('MASKS_DICOM'), organOf);
  const write = async (organ: string): Promise<string | undefined> => {
    const paths = (masks.get(organ) ?? []).map((file) => tree.path(file));
    try {
      return await context.writeMask(name, organ, await readMaskFolder(paths, stack));
    } catch (thrown) {
      const { message } = toFlcError(thrown);
      faults.push({ code: 'BAD_MASK', message: `${organ}: ${message}`, cases: [name] });
      return undefined;
    }
  };
  return {
    id: name,
    patient: name,
    images: [{ ...image, given: documented('PV') }],
    liver: masks.has('liver') ? await write('liver') : undefined,
    lesions: await lesionsOf([...masks.keys()], image.key, write, context),
  };
}

async function lesionsOf(
  organs: readonly string[],
  image: string,
  write: (organ: string) => Promise<string | undefined>,
  { classMap }: ImportContext,
): Promise<ImportedLesion[]> {
  const lesions: ImportedLesion[] = [];
  const found = organs.filter((entry) => lesion.test(entry));
  for (const organ of found) {
    const input = await write(organ);
    if (input === undefined) continue;
    const cyst = /cyst|kyst/i.test(organ);
    lesions.push({
      masks: [{ image, input }],
      components: found.length === 1 ? 'split' : undefined,
      class: cyst ? className('cyst', classMap) : null,
    });
  }
  return lesions;
}

/** The folder below MASKS_DICOM; some archives nest MASKS_DICOM twice. */
function organOf(file: string): string | undefined {
  const parts = partsOf(file);
  const name = parts.at(-2);
  return name === undefined || /^MASKS_DICOM$/i.test(name) ? undefined : name;
}
