import { throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { counted } from '../../text/counted.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import { readDicomStudies } from '../dicom-studies.js';
import type { ImportedCase, SkippedCase } from '../imported.js';
import { separateMaskFolders } from '../mask-folders.js';
import { allMasks } from '../masks-of-study.js';
import { mergedWarnings } from '../merged-warnings.js';
import { partsOf, type SourceTree } from '../source-tree.js';
import { unreadableFiles } from '../unreadable-files.js';
import { isDicomName } from './folder-dicom.js';

/** The general rule for hospital exports: patient, study, series, at any depth. */
export const dicom: LayoutAdapter = {
  name: 'dicom',
  title: 'DICOM of a hospital: patients, studies, series',
  modality: 'CT',
  licence: 'not known: patient data of your own, under the rules of your institution',
  source: 'the folder',
  form: '<patient>/<study>/<series>/ with DICOM files of any names; masks as DICOM SEG or RTSTRUCT',
  detect(tree) {
    const found = tree.files.filter(mayBeDicom).length;
    // Fewer files than a volume has slices are a README and its like.
    if (found < 3 || found < 0.5 * tree.files.length) return undefined;
    return { confidence: 0.4, reason: `${counted(found, 'file')} with names as DICOM has them` };
  },
  read: (tree, context) => readPatients(tree, context),
};

const documents = /(^|\/)(readme|licen[sc]e|changelog|notice|dicomdir|makefile)[^/]*$/i;

export function mayBeDicom(file: string): boolean {
  return isDicomName(file) && !documents.test(file);
}

/** Reads the tree one first-level folder at a time, so that memory holds one patient; folders of masks alone come first. */
export async function readPatients(
  tree: SourceTree,
  context: ImportContext,
  folderOf: (file: string) => string | undefined = firstFolder,
) {
  const folders = groupBy(tree.files.filter(mayBeDicom), folderOf);
  const apart = await separateMaskFolders(tree, folders, context.signal);
  const { images: groups, masks } = apart;
  const maskFiles = allMasks(masks).map(({ file }) => file);
  const placed = new Set<string>();
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  const warnings = unreadableFiles(apart.findings, []);
  const modalities: ('CT' | 'MR' | undefined)[] = [];
  const used = new Map<string, number>();
  let synthetic = false;
  let done = 0;
  for (const [folder, files] of groups) {
    throwIfCancelled(context.signal);
    const fallback = folder === '' ? 'patient' : folder;
    const found = await readDicomStudies(tree, files, fallback, context, masks);
    maskFiles.push(...found.maskFiles);
    for (const file of found.placed) placed.add(file);
    for (const entry of found.cases) {
      const count = (used.get(entry.id) ?? 0) + 1;
      used.set(entry.id, count);
      cases.push(count === 1 ? entry : { ...entry, id: `${entry.id} ${count}` });
    }
    skipped.push(...found.skipped);
    if (found.cases.length + found.skipped.length === 0) {
      const damaged = found.warnings.length > 0 ? ' that can be read' : '';
      skipped.push({ name: folder, reason: `no DICOM images${damaged}` });
    }
    warnings.push(...found.warnings);
    modalities.push(found.modality);
    synthetic ||= found.synthetic;
    context.onProgress(++done, groups.size);
  }
  const lost = maskFiles.filter((file) => !placed.has(file));
  if (lost.length > 0) {
    const objects = counted(
      lost.length,
      'segmentation or structure set belongs',
      'segmentations or structure sets belong',
    );
    const message = `${objects} to no study that is here`;
    warnings.push({ code: 'MASK_WITHOUT_STUDY', message, cases: [] });
  }
  const mr = modalities.filter((modality) => modality === 'MR').length;
  const modality = mr > modalities.length / 2 ? ('MR' as const) : undefined;
  return { cases, skipped, warnings: mergedWarnings(warnings), modality, synthetic };
}

function firstFolder(file: string): string {
  const parts = partsOf(file);
  return parts.length > 1 ? (parts[0] as string) : '';
}
