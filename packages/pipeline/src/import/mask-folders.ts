import type { CaseFinding } from '../check/finding.js';
import { type DicomScan, scanFiles } from '../dicom/scan-dicom.js';
import { commonFolder } from './dicom-images.js';
import type { MaskObjects } from './masks-of-study.js';
import type { SourceTree } from './source-tree.js';

export interface MaskFolders {
  readonly masks: MaskObjects;
  /** What is wrong with files beside the masks. */
  readonly findings: readonly CaseFinding[];
  /** The folders that hold images. */
  readonly images: ReadonlyMap<string, readonly string[]>;
}

/**
 * Tells folders of segmentations and structure sets alone from those of images: masks are often kept beside the images of all
 * patients instead of in each study. What they belong to, their UIDs tell.
 */
export async function separateMaskFolders(
  tree: SourceTree,
  folders: ReadonlyMap<string, readonly string[]>,
  signal?: AbortSignal,
): Promise<MaskFolders> {
  const images = new Map<string, readonly string[]>();
  const scans: DicomScan[] = [];
  for (const [folder, files] of folders) {
    const scan = await scanIfMasks(
      files.map((file) => tree.path(file)),
      signal,
    );
    if (scan === undefined) images.set(folder, files);
    else scans.push(scan);
  }
  return {
    masks: {
      segmentations: scans.flatMap(({ segmentations }) => segmentations),
      structureSets: scans.flatMap(({ structureSets }) => structureSets),
    },
    findings: scans.flatMap(({ findings }) => findings),
    images,
  };
}

/** Where a mask comes before any image, all files are read; undefined if there are images too. */
async function scanIfMasks(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<DicomScan | undefined> {
  const root = commonFolder(paths);
  for (const path of paths) {
    const first = await scanFiles(root, [path], { signal });
    if (first.stacks.length > 0) return undefined;
    // A file that cannot be read, or holds neither, does not tell what the others are.
    if (first.segmentations.length + first.structureSets.length === 0) continue;
    const scan = await scanFiles(root, paths, { signal });
    return scan.stacks.length === 0 ? scan : undefined;
  }
  return undefined;
}
