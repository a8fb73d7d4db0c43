import { scanFiles } from '../../dicom/scan-dicom.js';
import { phaseByText } from '../../phase-rules/phase-by-text.js';
import type { ImportContext } from '../adapter.js';
import { commonFolder, dicomImages } from '../dicom-images.js';
import { type DicomMasks, dicomMasks } from '../dicom-masks.js';
import type { ImportedImage, ImportWarning } from '../imported.js';
import { folderOf, partsOf, type SourceTree } from '../source-tree.js';
import { unreadableFiles } from '../unreadable-files.js';
import { toIsoDate } from '../user-sheet.js';

/** Names that DICOM files have: `.dcm`, `.ima`, none, or a UID (which ends in digits). */
export function isDicomName(file: string): boolean {
  return /(\.(dcm|dicom|ima)|\/[^/.]+|\.\d+)$/i.test(`/${file}`);
}

/** Folders of DICOM files that are named after a phase -> the case's folder above them. */
export function dicomPhaseFolders(tree: SourceTree): Map<string, string> {
  const folders = new Map<string, string>();
  for (const file of tree.files) {
    const folder = folderOf(file);
    if (folders.has(folder) || !isDicomName(file)) continue;
    const parts = partsOf(folder);
    while (parts.length > 2 && /^dicom$/i.test(parts.at(-1) ?? '')) parts.pop();
    const phase = phaseByText(parts.at(-1) ?? '', '').phase;
    if (phase !== null && parts.length > 1) folders.set(folder, parts.slice(0, -1).join('/'));
  }
  return folders;
}

export interface DicomOfCase extends DicomMasks {
  readonly images: readonly ImportedImage[];
  readonly studyDate?: string | undefined;
  /** What is left out, and why. */
  readonly warnings: readonly ImportWarning[];
}

/** Images and masks of the DICOM files of one case whose folders name the phases. */
export async function readDicomFolder(
  tree: SourceTree,
  name: string,
  files: readonly string[],
  { signal, classMap }: ImportContext,
): Promise<DicomOfCase> {
  if (files.length === 0) return { images: [], lesions: [], organs: {}, warnings: [] };
  const paths = files.map((file) => tree.path(file));
  const root = commonFolder(paths);
  const scan = await scanFiles(root, paths, { signal });
  const { images, dropped } = dicomImages(scan.stacks, (stack) => [
    folderOf((stack.files[0] ?? '').slice(root.length + 1)),
  ]);
  const date = scan.stacks[0]?.studyDate;
  return {
    images,
    ...dicomMasks(scan, { stacks: scan.stacks, images }, classMap),
    studyDate: date === undefined ? undefined : toIsoDate(date),
    warnings: [
      ...dropped.map(({ reason }) => ({
        ...{ code: 'SERIES_LEFT_OUT', message: reason, cases: [name] },
      })),
      ...unreadableFiles(scan.findings, [{ name, folder: root }]),
    ],
  };
}
