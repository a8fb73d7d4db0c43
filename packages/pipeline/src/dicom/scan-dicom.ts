import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FlcError, throwIfCancelled } from '@flc-native/errors';
import type { CaseFinding } from '../check/finding.js';
import { ioError } from '../storage/atomic-file.js';
import { cutFiles } from './cut-files.js';
import { badDicom, inFile } from './dicom-error.js';
import { characterSets, text, texts, uid, unsigned } from './element-values.js';
import { signatureBytes } from './file-meta.js';
import { characterSetFindings } from './mask-findings.js';
import type { DataSet } from './parse-data-set.js';
import { type DicomHeader, readHeader } from './read-header.js';
import { type DicomSegmentation, segmentationOf } from './segmentation.js';
import { type DicomSlice, slicesOf } from './slice.js';
import { type DicomStack, makeStacks } from './stack.js';
import { type DicomStructureSet, structureSetOf } from './structure-set.js';
import { tags } from './tags.js';

export interface DicomScan {
  readonly stacks: readonly DicomStack[];
  readonly segmentations: readonly DicomSegmentation[];
  readonly structureSets: readonly DicomStructureSet[];
  /** Files that are DICOM but cannot be read. Those that may be slices of a stack are findings of it too. */
  readonly damaged: readonly DamagedFile[];
  /** The damaged files (errors), and faults of stacks and names. */
  readonly findings: readonly CaseFinding[];
  /** Files that are no DICOM, and DICOM objects without an image or a mask. */
  readonly ignored: number;
}

export interface DamagedFile extends CaseFinding {
  readonly file: string;
  /** Undefined if the damage, or the writer, left none. */
  readonly seriesUid?: string | undefined;
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

/** A study has some thousand files; a folder with more is no study. */
const maxFiles = 200_000;
const maxDepth = 32;
/** Files that are read at a time. */
const atOnce = 16;

/**
 * Reads the headers of all files below a folder, at any depth and with any names, and sorts images
 * into stacks. One bad file does not stop the others: it is a finding. Rejects with IO_ERROR for a
 * folder that cannot be read and with CANCELLED.
 */
export async function scanDicom(folder: string, options: ScanOptions = {}): Promise<DicomScan> {
  const root = resolve(folder);
  return scanFiles(root, await filesBelow(root), options);
}

/** As {@link scanDicom} for given files; `root` is the folder that keys of stacks are relative to. */
export async function scanFiles(
  root: string,
  files: readonly string[],
  { signal, onProgress }: ScanOptions = {},
): Promise<DicomScan> {
  const found: (DicomContent | undefined)[] = files.map(() => undefined);
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < files.length) {
      throwIfCancelled(signal);
      const i = next++;
      found[i] = await contentOf(files[i] as string);
      done += 1;
      onProgress?.({ done, total: files.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, work));
  throwIfCancelled(signal);
  const contents = found.filter((content) => content !== undefined);
  const named = (isWanted: (content: DicomContent) => boolean) =>
    files.filter((_, i) => isWanted(found[i] ?? {}));
  const cut = cutFiles(
    named(({ isShort }) => isShort === true),
    named(({ slices, segmentation }) => slices !== undefined || segmentation !== undefined),
  );
  const stacks = makeStacks(
    root,
    contents.flatMap((content) => content.slices ?? []),
  );
  const damaged = [
    ...contents.flatMap((content) => content.damaged ?? []),
    ...cut.map((file) => unreadable(badDicom(nothingLeft), file)),
  ];
  return {
    stacks: stacks.map((stack) => withDamage(stack, damaged)),
    segmentations: contents.flatMap((content) => content.segmentation ?? []),
    structureSets: contents.flatMap((content) => content.structureSet ?? []),
    damaged,
    findings: [
      ...damaged,
      ...contents.flatMap((content) => content.names ?? []),
      ...stacks.flatMap((stack) => stack.findings),
    ],
    ignored: contents.filter(isIgnored).length - cut.length,
  };
}

interface DicomContent {
  readonly slices?: readonly DicomSlice[];
  readonly segmentation?: DicomSegmentation;
  readonly structureSet?: DicomStructureSet;
  readonly damaged?: DamagedFile;
  /** What is wrong with the names of segments and regions. */
  readonly names?: readonly CaseFinding[];
  /** Shorter than a DICOM header can be, or a link that points nowhere. */
  readonly isShort?: boolean;
}

function isIgnored({ isShort: _, ...content }: DicomContent): boolean {
  return Object.keys(content).length === 0;
}

const nothingLeft = 'the file has no or hardly any bytes, or is a link that points nowhere';

async function contentOf(file: string): Promise<DicomContent> {
  let seriesUid: string | undefined;
  try {
    const header = await readHeader(file);
    if (header === undefined) return { isShort: (await stat(file)).size < signatureBytes };
    seriesUid = uid(header.dataSet, tags.seriesInstanceUid, 'series instance UID');
    return interpret(header, file);
  } catch (thrown) {
    const error = inFile(thrown, file);
    if (error.details.systemCode === 'ENOENT') return { isShort: true };
    return { damaged: { ...unreadable(error, file), seriesUid } };
  }
}

/** A damaged file may be a slice of the stacks of its series; without one, of those in its folder. */
function withDamage(stack: DicomStack, damaged: readonly DamagedFile[]): DicomStack {
  const folders = new Set(stack.files.map((file) => dirname(file)));
  const own = damaged.filter(({ seriesUid, file }) =>
    seriesUid === undefined ? folders.has(dirname(file)) : seriesUid === stack.seriesUid,
  );
  return own.length === 0 ? stack : { ...stack, findings: [...own, ...stack.findings] };
}

/** Storage classes of masks (PS3.4, B.5). */
const segmentationClasses = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.66\.(4|7)$/;
const structureSetClass = '1.2.840.10008.5.1.4.1.1.481.3';

function interpret(header: DicomHeader, file: string): DicomContent {
  const { dataSet, meta } = header;
  const sopClass = text(dataSet, tags.sopClassUid, 'SOP class UID') ?? meta.sopClassUid ?? '';
  const modality = text(dataSet, tags.modality, 'modality');
  if (segmentationClasses.test(sopClass) || modality === 'SEG') {
    return { segmentation: segmentationOf(header, file), names: namesOf(header, file) };
  }
  if (sopClass === structureSetClass || modality === 'RTSTRUCT') {
    return { structureSet: structureSetOf(header, file), names: namesOf(header, file) };
  }
  // Reports, presentation states and directories have no image plane.
  const isImage = dataSet.elements[tags.rows] ?? dataSet.elements[tags.imagePosition];
  const isPlane = modality === undefined || planeModalities.has(modality);
  if (!isImage || !isPlane || isPicture(dataSet, sopClass)) return {};
  return { slices: slicesOf(header, file) };
}

function namesOf({ dataSet }: DicomHeader, file: string): CaseFinding[] {
  return characterSetFindings(characterSets(dataSet), file);
}

const secondaryCapture = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/;

/** Screenshots and dose sheets: of the modality, often of the series, of the images, but without a place or in colours. */
function isPicture(dataSet: DataSet, sopClass: string): boolean {
  const [value, origin] = texts(dataSet, tags.imageType, 'image type') ?? [];
  const isSecondary =
    secondaryCapture.test(sopClass) || (value === 'DERIVED' && origin === 'SECONDARY');
  const place =
    dataSet.elements[tags.imagePosition] ?? dataSet.elements[tags.perFrameFunctionalGroups];
  const samples = unsigned(dataSet, tags.samplesPerPixel, 'samples per pixel') ?? 1;
  return isSecondary && (place === undefined || samples !== 1);
}

/** Other modalities (secondary captures, dose screens, ECG) are no volumes. */
const planeModalities: ReadonlySet<string> = new Set(['CT', 'MR', 'PT', 'NM']);

function unreadable(error: FlcError, file: string): DamagedFile {
  return {
    severity: 'error',
    code: 'UNREADABLE_FILE',
    message: error.message,
    remedy: error.remedy ?? 'copy or export the file again',
    file,
  };
}

/** All regular files below a folder, sorted; links to folders are not followed. */
export async function filesBelow(root: string, depth = 0): Promise<string[]> {
  let entries: import('node:fs').Dirent[];
  try {
    entries = await readdir(root, { withFileTypes: true });
  } catch (cause) {
    throw ioError('reading a folder failed', root, cause);
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(root, entry.name);
    if (entry.isDirectory() && depth < maxDepth) files.push(...(await filesBelow(path, depth + 1)));
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
    if (files.length > maxFiles) {
      throw new FlcError('DATA_ERROR', 'the folder holds more files than a study has', {
        details: { file: root, largest: maxFiles },
        remedy: 'name the folder of the study or of the series',
      });
    }
  }
  return files;
}
