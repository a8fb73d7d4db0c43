import { throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { phaseByText } from '../../phase-rules/phase-by-text.js';
import { counted } from '../../text/counted.js';
import { readVolume } from '../../volume/read-volume.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import type {
  ImportedCase,
  ImportedImage,
  ImportedLesion,
  ImportedMask,
  ImportWarning,
  SkippedCase,
} from '../imported.js';
import { classOfText, namesLesion } from '../lesion-class.js';
import { labelsInMask } from '../mask-labels.js';
import { mergedWarnings } from '../merged-warnings.js';
import { drawnOn, nameApartFromPhase } from '../phase-in-name.js';
import { folderOf, isVolumeName, partsOf, type SourceTree, stemOf } from '../source-tree.js';
import { dicomPhaseFolders, isDicomName, readDicomFolder } from './folder-dicom.js';
import { folderOrganHu } from './folder-organs.js';

/** Folders that only sort the files of a case. */
const sorting =
  /^(images?|imgs?|volumes?|scans?|nifti|nii|ct|mr|masks?|labels?|seg(mentation)?s?|rois?|dicom)$/i;
/** Names of folders of a whole cohort, not of a case. */
const cohortFolders = /^(imagesT[rs]|labelsT[rs])$/;

/** The general rule: a folder a case, in it a volume (or a folder of DICOM) a phase, and masks. */
export const folder: LayoutAdapter = {
  name: 'folder',
  title: 'a folder for each case',
  modality: 'CT',
  licence: 'not known: that of the data in the folder',
  source: 'the folder',
  form: '[<class>/]<case>/<phase>.nii.gz (or <case>/<phase>/ with DICOM files) and <case>/mask.nii.gz, mask_<phase>.nii.gz, liver.nii.gz',
  detect(tree) {
    const cases = [...caseFolders(tree)].filter(([, files]) =>
      files.some((file) => roleOf(file) === 'image' || isDicomName(file)),
    );
    if (cases.length === 0) return undefined;
    const masks = cases.filter(([, files]) => files.some((file) => roleOf(file) === 'lesion'));
    const reason = `${counted(cases.length, 'folder')} with images, ${masks.length} of them with a mask`;
    return { confidence: masks.length > 0 ? 0.5 : 0.3, reason };
  },
  read: readCases,
};

type Role = 'image' | 'lesion' | 'liver' | 'organ';

const maskWord =
  /(^|[^a-z])(masks?|seg|segmentations?|labels?|rois?|annotations?|gt|maske)([^a-z]|$)/i;
const liverWord = /(^|[^a-z])(liver|leber|foie|higado)([^a-z]|$)/i;
/** Organs that TotalSegmentator and others write one file each of; none is a lesion. */
const organWord =
  /(^|[^a-z])(aorta|portal_?vein|vena_?cava|spleen|organs?|total|totalsegmentator|vessels?|kidney|gallbladder|stomach|pancreas|adrenal|lung|esophagus|trachea|thyroid|bowel|duodenum|colon|bladder|prostate|vertebrae|heart|atrial|pulmonary|brachiocephalic|subclavian|carotid|iliac|humerus|scapula|clavicula|femur|hip|spinal|gluteus|autochthon|iliopsoas|brain|skull|ribs?|sternum|costal|sacrum|body)([^a-z]|$)/i;

/** What a volume is, by its name. */
function roleOf(file: string): Role | undefined {
  if (!isVolumeName(file)) return undefined;
  const stem = stemOf(file);
  const isMask =
    maskWord.test(stem) || /(^|\/)(masks?|labels?|seg(mentation)?s?|rois?)\/[^/]+$/i.test(file);
  if (namesLesion(stem)) return 'lesion';
  const image = !isMask && phaseByText(stem, 'its name').phase !== null;
  // A class beside a phase ("hcc_art") or the liver beside one ("liver_art") is an image.
  if (classOfText(stem) !== undefined && !image) return 'lesion';
  if (liverWord.test(stem) && !image) return 'liver';
  if (organWord.test(stem) && !image) return 'organ';
  return isMask ? 'lesion' : 'image';
}

/** Case folder -> its files; sorting folders belong to the folder above them. */
function caseFolders(tree: SourceTree): Map<string, string[]> {
  const phaseFolders = dicomPhaseFolders(tree);
  return groupBy(tree.files, (file) => {
    if (!isVolumeName(file)) return phaseFolders.get(folderOf(file));
    const parts = partsOf(folderOf(file));
    if (parts.some((part) => cohortFolders.test(part))) return undefined;
    while (parts.length > 1 && sorting.test(parts.at(-1) ?? '')) parts.pop();
    return parts.join('/') === '' ? undefined : parts.join('/');
  });
}

async function readCases(tree: SourceTree, context: ImportContext) {
  const folders = caseFolders(tree);
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  const findings: Findings = { several: [], ofDicom: [] };
  for (const [name, files] of folders) {
    throwIfCancelled(context.signal);
    const entry = await readCase(tree, name, files, context, findings);
    if (entry.images.length === 0) skipped.push({ name, reason: 'masks, but no image' });
    else cases.push(entry);
    context.onProgress(cases.length + skipped.length, folders.size);
  }
  return { cases, skipped, warnings: warningsOf(findings) };
}

/** What is to be told of the cases that were read. */
interface Findings {
  /** Cases with several values in one mask. */
  readonly several: string[];
  readonly ofDicom: ImportWarning[];
}

function warningsOf({ several, ofDicom }: Findings): ImportWarning[] {
  const warnings = mergedWarnings(ofDicom);
  if (several.length === 0) return warnings;
  const message = 'a mask holds several values: each became a lesion of its own';
  return [{ code: 'SEVERAL_LABELS', message, cases: several }, ...warnings];
}

async function readCase(
  tree: SourceTree,
  name: string,
  files: readonly string[],
  context: ImportContext,
  { several, ofDicom }: Findings,
): Promise<ImportedCase> {
  const volumes = files.filter((file) => roleOf(file) === 'image');
  const dicom = await readDicomFolder(
    tree,
    name,
    files.filter((file) => !isVolumeName(file)),
    context,
  );
  ofDicom.push(...dicom.warnings);
  const shared = commonPrefix(volumes.map(stemOf));
  const organs = files
    .filter((file) => roleOf(file) === 'organ' || roleOf(file) === 'liver')
    .map((file) => tree.path(file));
  const images = [...volumes.map((file) => imageOf(tree, file, shared, organs)), ...dicom.images];
  const masks = files.filter((file) => roleOf(file) === 'lesion');
  const liver = files.find((file) => roleOf(file) === 'liver');
  const fromFolder = [...partsOf(name)]
    .reverse()
    .map(classOfText)
    .find((found) => found !== undefined);
  const lesions: ImportedLesion[] = [];
  const groups = [
    ...groupBy(masks, (file) => nameApartFromPhase(stemOf(file), context.modality)).values(),
  ];
  for (const group of groups) {
    const labels = (await labelsInMask(tree.path(group[0] as string))) ?? [];
    if (labels.length > 1) several.push(name);
    const values = labels.length > 1 ? labels : [undefined];
    for (const label of values) {
      const term = classOfText(stemOf(group[0] as string)) ?? fromFolder;
      lesions.push({
        masks: group.map((file) => ({
          ...placeOfMask(file, images, context),
          input: tree.path(file),
        })),
        label,
        // Files of their own are lesions of their own; one file may hold several.
        components: label === undefined && groups.length === 1 ? 'split' : undefined,
        class: term === undefined ? null : (context.classMap[term] ?? term),
      });
    }
  }
  return {
    id: name,
    patient: name,
    images,
    liver: liver === undefined ? dicom.liver : tree.path(liver),
    lesions: [...lesions, ...dicom.lesions],
    studyDate: dicom.studyDate,
  };
}

function imageOf(
  tree: SourceTree,
  file: string,
  shared: number,
  organs: readonly string[],
): ImportedImage {
  const stem = stemOf(file);
  return {
    key: partsOf(file).at(-1) as string,
    input: tree.path(file),
    facts: { names: [stem] },
    shortName: stem.slice(shared).replace(/^[_\-. ]+/, ''),
    alsoKnownAs: [file],
    read: () => readVolume(tree.path(file)),
    ...(organs.length === 0 ? {} : { organs: () => folderOrganHu(tree.path(file), organs) }),
  };
}

/** Length of what all names begin with, cut back to a separator: `p1_` of `p1_0`, `p1_1`. */
function commonPrefix(stems: readonly string[]): number {
  const [first = '', ...others] = stems;
  let length = others.length === 0 ? 0 : first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length -= 1;
  }
  return Math.max(0, first.slice(0, length).search(/[_\-. ][^_\-. ]*$/) + 1);
}

/** What a mask was drawn on: as its name says, else the only image. */
function placeOfMask(
  file: string,
  images: readonly ImportedImage[],
  { modality = 'CT' }: ImportContext,
): Pick<ImportedMask, 'image' | 'phase'> {
  const said = drawnOn(stemOf(file), images, modality);
  const [only] = images;
  const silent = said.image === undefined && said.phase === undefined;
  return silent && images.length === 1 ? { image: only?.key } : said;
}
