import { groupBy } from '../collections/group-by.js';
import { scanFiles } from '../dicom/scan-dicom.js';
import type { DicomStack } from '../dicom/stack.js';
import { phantomPatientName } from '../phantom/dicom-case.js';
import type { ImportContext } from './adapter.js';
import { commonFolder, dicomImages, modalityOfStacks } from './dicom-images.js';
import { dicomMasks } from './dicom-masks.js';
import type { ImportedCase, ImportWarning, SkippedCase } from './imported.js';
import { allMasks, type MaskObjects, masksOfStudy, noMasks } from './masks-of-study.js';
import { folderOf, partsOf, type SourceTree } from './source-tree.js';
import { withOrgans } from './study-organs.js';
import { unreadableFiles } from './unreadable-files.js';
import { toIsoDate } from './user-sheet.js';

/** What the studies of a part of a tree become. */
export interface DicomStudies {
  readonly cases: readonly ImportedCase[];
  readonly skipped: readonly SkippedCase[];
  readonly warnings: readonly ImportWarning[];
  readonly modality?: 'CT' | 'MR' | undefined;
  /** Whether one of the patients is a phantom of ours. */
  readonly synthetic: boolean;
  /** Files of the segmentations and structure sets among these files. */
  readonly maskFiles: readonly string[];
  /** Those of them, and of the masks elsewhere, that belong to one of the studies. */
  readonly placed: readonly string[];
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
  elsewhere: MaskObjects = noMasks,
): Promise<DicomStudies> {
  const paths = files.map((file) => tree.path(file));
  const root = commonFolder(paths);
  const scan = await scanFiles(root, paths, { signal });
  const studies = studiesOf(scan.stacks, fallback);
  const around = { beside: scan, elsewhere, alone: studies.length === 1 };
  const read = studies.map((study) => {
    const masks = masksOfStudy(study.stacks, around);
    return { masks, ...readStudy(study, masks, root, classMap) };
  });
  const cases = read.flatMap(({ entry }) => entry ?? []);
  const folders = studies.map(({ name, stacks }) => ({
    name,
    folder: commonFolder(stacks.flatMap(({ files }) => files)),
  }));
  const unreadable = unreadableFiles(scan.findings, folders);
  return {
    cases,
    skipped: read.flatMap(({ skipped }) => skipped ?? []),
    warnings: [...read.flatMap(({ warnings }) => warnings), ...unreadable],
    modality: modalityOfStacks(scan.stacks),
    synthetic: scan.stacks.some(({ patient }) => patient.name === phantomPatientName),
    maskFiles: allMasks(scan).map(({ file }) => file),
    placed: read.flatMap(({ masks }) => allMasks(masks).map(({ file }) => file)),
  };
}

interface Study {
  /** That of the patient, with a number where he has several studies. */
  readonly name: string;
  readonly patient: string;
  readonly stacks: readonly DicomStack[];
}

function studiesOf(all: readonly DicomStack[], fallback: string): Study[] {
  const patients = groupBy(all, (stack) => patientOf(stack, fallback));
  return [...patients].flatMap(([patient, ofPatient]) => {
    const studies = [...groupBy(ofPatient, ({ studyUid }) => studyUid ?? '').values()];
    return studies.map((stacks, i) => ({
      name: studies.length === 1 ? patient : `${patient} ${i + 1}`,
      patient,
      stacks,
    }));
  });
}

function patientOf(stack: DicomStack, fallback: string): string {
  const { id, name } = stack.patient;
  return [id, name, fallback].find((text) => text !== undefined && text.trim() !== '') as string;
}

interface StudyRead {
  readonly entry?: ImportedCase;
  readonly skipped?: SkippedCase;
  readonly warnings: readonly ImportWarning[];
}

function readStudy(
  { name, patient, stacks }: Study,
  masks: MaskObjects,
  root: string,
  classMap: ImportContext['classMap'],
): StudyRead {
  const { images, dropped } = dicomImages(stacks, (stack) => folderNames(stack, root));
  const warnings = dropped.map(({ reason }) => ({
    ...{ code: 'SERIES_LEFT_OUT', message: reason, cases: [name] },
  }));
  if (images.length === 0) {
    const reason = dropped[0]?.reason ?? 'no series of images';
    return { skipped: { name, reason }, warnings };
  }
  const { lesions, liver, organs } = dicomMasks(masks, { stacks, images }, classMap);
  const date = stacks.find(({ studyDate }) => studyDate !== undefined)?.studyDate;
  const byKey = new Map(stacks.map((stack) => [stack.key, stack]));
  const entry: ImportedCase = {
    ...{ id: name, patient, liver, lesions },
    ...(date === undefined || !/^\d{8}$/.test(date) ? {} : { studyDate: toIsoDate(date) }),
    images: images.map((image) => withOrgans(image, byKey.get(image.key) as DicomStack, organs)),
  };
  return { entry, warnings };
}

/** Names of the folders above a stack's files, the nearest first. */
function folderNames(stack: DicomStack, root: string): string[] {
  const below = (stack.files[0] ?? '').slice(root.length + 1).replaceAll('\\', '/');
  const names = partsOf(folderOf(below)).filter((part) => part !== '');
  return names.reverse();
}
