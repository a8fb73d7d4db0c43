import { FlcError } from '@flc-native/errors';
import { groupBy } from '../collections/group-by.js';
import { readDicomStack } from '../dicom/read-dicom-stack.js';
import { readDicomSegmentation } from '../dicom/read-segmentation.js';
import { readStructureSet } from '../dicom/read-structure-set.js';
import { scanFiles } from '../dicom/scan-dicom.js';
import type { DicomStack } from '../dicom/stack.js';
import { phantomPatientName } from '../phantom/dicom-case.js';
import { type OrganHu, type OrganMask, type OrganName, organHu } from '../phase-rules/organ-hu.js';
import type { Volume } from '../volume/volume.js';
import type { ImportContext } from './adapter.js';
import { commonFolder, dicomImages, modalityOfStacks } from './dicom-images.js';
import { dicomMasks } from './dicom-masks.js';
import type {
  ImportedCase,
  ImportedImage,
  ImportWarning,
  SkippedCase,
  SourceRef,
} from './imported.js';
import type { MaskObject, MaskObjects } from './mask-folders.js';
import { folderOf, partsOf, type SourceTree } from './source-tree.js';
import { toIsoDate } from './user-sheet.js';

/** What the studies of a part of a tree become. */
export interface DicomStudies {
  readonly cases: ImportedCase[];
  readonly skipped: SkippedCase[];
  readonly warnings: ImportWarning[];
  readonly modality?: 'CT' | 'MR' | undefined;
  /** Whether one of the patients is a phantom of ours. */
  readonly synthetic: boolean;
  /** Segmentations and structure sets that belong to one of the studies. */
  readonly maskFiles: Set<string>;
}

/**
 * Reads DICOM files of one patient folder: a study is a case, its stacks are the images, segments
 * and regions its masks. `fallback` names the patient where the files do not; `elsewhere` are masks of folders without images.
 */
export async function readDicomStudies(
  tree: SourceTree,
  files: readonly string[],
  fallback: string,
  { signal, classMap }: ImportContext,
  elsewhere: MaskObjects = { segmentations: [], structureSets: [] },
): Promise<DicomStudies> {
  const paths = files.map((file) => tree.path(file));
  const root = commonFolder(paths);
  const scan = await scanFiles(root, paths, { signal });
  const modality = modalityOfStacks(scan.stacks);
  const result: DicomStudies = {
    ...{ cases: [], skipped: [], warnings: [], modality },
    synthetic: scan.stacks.some((stack) => stack.patient.name === phantomPatientName),
    maskFiles: new Set(),
  };
  const studies = new Map<string, DicomStack[]>();
  for (const stack of scan.stacks) {
    const key = `${patientOf(stack, fallback)}\n${stack.studyUid ?? ''}`;
    studies.set(key, [...(studies.get(key) ?? []), stack]);
  }
  const byPatient = groupBy(studies.keys(), (key) => key.split('\n')[0]);
  for (const [key, stacks] of studies) {
    const patient = key.split('\n')[0] as string;
    const ofPatient = byPatient.get(patient) ?? [key];
    const masks = masksOf(scan, elsewhere, stacks, studies.size);
    for (const { file } of [...masks.segmentations, ...masks.structureSets])
      result.maskFiles.add(file);
    const { images, dropped } = dicomImages(stacks, (stack) => folderNames(stack, root));
    const name = ofPatient.length === 1 ? patient : `${patient} ${ofPatient.indexOf(key) + 1}`;
    for (const { reason } of dropped) {
      result.warnings.push({ code: 'SERIES_LEFT_OUT', message: reason, cases: [name] });
    }
    if (images.length === 0) {
      result.skipped.push({ name, reason: dropped[0]?.reason ?? 'no series of images' });
      continue;
    }
    const { lesions, liver, organs } = dicomMasks(masks, { stacks, images }, classMap);
    const date = stacks.find(({ studyDate }) => studyDate !== undefined)?.studyDate;
    const byKey = new Map(stacks.map((stack) => [stack.key, stack]));
    result.cases.push({
      id: name,
      patient,
      ...(date === undefined || !/^\d{8}$/.test(date) ? {} : { studyDate: toIsoDate(date) }),
      images: images.map((image) => withOrgans(image, byKey.get(image.key) as DicomStack, organs)),
      liver,
      lesions,
    });
  }
  const bad = scan.findings.filter(({ code }) => code === 'UNREADABLE_FILE');
  const reasons = new Map<string, number>();
  for (const { message } of bad) reasons.set(message, (reasons.get(message) ?? 0) + 1);
  for (const [message, count] of reasons) {
    const cases = result.cases.map(({ id }) => id);
    result.warnings.push({ code: 'UNREADABLE_FILE', message: `${count} files: ${message}`, cases });
  }
  return result;
}

function patientOf(stack: DicomStack, fallback: string): string {
  const { id, name } = stack.patient;
  return [id, name, fallback].find((text) => text !== undefined && text.trim() !== '') as string;
}

/** Masks of a study: of its patient's folder, with one study also those that name none; of other folders those that name it. */
function masksOf(
  scan: MaskObjects,
  elsewhere: MaskObjects,
  stacks: readonly DicomStack[],
  studies: number,
): MaskObjects {
  const uids = new Set(stacks.map(({ studyUid }) => studyUid));
  const frames = new Set(stacks.map(({ frameOfReference }) => frameOfReference));
  const names = ({ studyUid, frameOfReference }: MaskObject) =>
    (studyUid !== undefined && uids.has(studyUid)) ||
    (frameOfReference !== undefined && frames.has(frameOfReference));
  const belongs = (object: MaskObject) =>
    studies === 1 || uids.has(object.studyUid) || names(object);
  return {
    segmentations: [
      ...scan.segmentations.filter(belongs),
      ...elsewhere.segmentations.filter(names),
    ],
    structureSets: [
      ...scan.structureSets.filter(belongs),
      ...elsewhere.structureSets.filter(names),
    ],
  };
}

function folderNames(stack: DicomStack, root: string): string[] {
  const below = (stack.files[0] ?? '').slice(root.length + 1).replaceAll('\\', '/');
  const names = partsOf(folderOf(below)).filter((part) => part !== '');
  return names.reverse();
}

/** The image with a way to measure the organs that the study has masks of. */
function withOrgans(
  image: ImportedImage,
  stack: DicomStack,
  organs: Readonly<Partial<Record<OrganName, SourceRef>>>,
): ImportedImage {
  if (Object.keys(organs).length === 0) return image;
  return { ...image, organs: () => measure(stack, organs) };
}

async function measure(
  stack: DicomStack,
  organs: Readonly<Partial<Record<OrganName, SourceRef>>>,
): Promise<OrganHu | undefined> {
  const volume = await readDicomStack(stack).catch(refused);
  if (volume === undefined) return undefined;
  const masks: Partial<Record<OrganName, OrganMask>> = {};
  for (const [organ, input] of Object.entries(organs) as [OrganName, SourceRef][]) {
    const mask = await readMask(input, volume).catch(refused);
    if (mask !== undefined) masks[organ] = { mask };
  }
  return organHu(volume, masks);
}

async function readMask(input: SourceRef, onto: Volume): Promise<Volume | undefined> {
  if (typeof input === 'string') return undefined;
  if (input.roi !== undefined) return readStructureSet(input.dicom, input.roi, onto);
  return readDicomSegmentation(input.dicom, input.segment, onto);
}

/** A mask that does not fit this phase measures nothing; other errors are bugs. */
function refused(thrown: unknown): undefined {
  if (thrown instanceof FlcError) return undefined;
  throw thrown;
}
