import { dirname, sep } from 'node:path';
import { readDicomStack } from '../dicom/read-dicom-stack.js';
import { type DicomStack, makeStacks } from '../dicom/stack.js';
import { counted } from '../text/counted.js';
import type { ImportedImage, SourceRef } from './imported.js';

/** The modality of most stacks; PET and others count for nothing. */
export function modalityOfStacks(stacks: readonly DicomStack[]): 'CT' | 'MR' | undefined {
  const count = (wanted: string) => stacks.filter(({ modality }) => modality === wanted).length;
  const [ct, mr] = [count('CT'), count('MR')];
  return ct + mr === 0 ? undefined : mr > ct ? 'MR' : 'CT';
}

/** Fewer slices than this are bolus tracking, or a scout that does not say so. */
const fewestSlices = 3;

/** A stack that is no image of a phase; `reason` may be shown anywhere. */
export interface DroppedStack {
  readonly stack: DicomStack;
  readonly reason: string;
}

/**
 * The images of one study: stacks that can be read, each with what its header says. Their keys are
 * those of dataset.yaml and of the phases file: UID of the series, and the acquisition.
 *
 * @param names names of folders that may tell the phase, the nearest first.
 */
export function dicomImages(
  stacks: readonly DicomStack[],
  names: (stack: DicomStack) => readonly string[] = () => [],
): { images: ImportedImage[]; dropped: DroppedStack[] } {
  const images: ImportedImage[] = [];
  const dropped: DroppedStack[] = [];
  const modality = modalityOfStacks(stacks);
  for (const stack of stacks) {
    const broken = stack.findings.find(({ severity }) => severity === 'error');
    if (modality !== undefined && stack.modality !== modality) {
      dropped.push({ stack, reason: `a series of another modality than ${modality}` });
    } else if (isScout(stack)) {
      dropped.push({ stack, reason: 'a series is a scout view' });
    } else if (stack.grid.size[2] < fewestSlices) {
      dropped.push({ stack, reason: `a series of ${counted(stack.grid.size[2], 'slice')}` });
    } else if (broken !== undefined) {
      dropped.push({ stack, reason: `a series cannot be used: ${broken.message}` });
    } else {
      images.push(imageOf(stack, stacks, names(stack)));
    }
  }
  return { images, dropped };
}

function isScout({ imageType }: DicomStack): boolean {
  return imageType?.some((part) => /^LOCALIZER$/i.test(part.trim())) === true;
}

function imageOf(
  stack: DicomStack,
  all: readonly DicomStack[],
  names: readonly string[],
): ImportedImage {
  const { seriesNumber, seriesDescription, seriesUid } = stack;
  return {
    key: stack.key,
    input: stackRef(stack, all),
    facts: {
      modality: stack.modality === 'MR' ? 'MR' : 'CT',
      names,
      seriesDescription,
      protocolName: stack.protocolName,
      imageType: stack.imageType,
      contrastAgent: stack.contrastAgent,
    },
    alsoKnownAs: [
      seriesDescription,
      seriesUid,
      seriesNumber === undefined ? undefined : `series ${seriesNumber}`,
    ].filter((text) => text !== undefined),
    acquiredAt: secondsOf(stack.acquisitionTime ?? stack.contentTime),
    thickness: stack.sliceThickness,
    slices: stack.grid.size[2],
    kernel: stack.convolutionKernel,
    read: () => readDicomStack(stack),
  };
}

/**
 * How dataset.yaml names a stack: the folder that its files share and, where more lies below it,
 * the key of the stack there.
 */
export function stackRef(stack: DicomStack, all: readonly DicomStack[]): SourceRef {
  const folder = commonFolder(stack.files);
  const slices = all.flatMap((other) =>
    other.slices.filter(({ facts }) => facts.file.startsWith(`${folder}${sep}`)),
  );
  const there = makeStacks(folder, slices);
  if (there.length === 1) return { dicom: folder };
  const own = there.find(({ slices: found }) => found[0] === stack.slices[0]);
  return { dicom: folder, series: own?.key ?? stack.key };
}

/** The deepest folder that holds all files. */
export function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? '.');
  for (const file of files) {
    while (!file.startsWith(`${folder}${sep}`) && folder !== dirname(folder))
      folder = dirname(folder);
  }
  return folder;
}

/** HHMMSS.FFFFFF (PS3.5, value representation TM) in seconds; undefined for another form. */
export function secondsOf(time: string | undefined): number | undefined {
  const match = /^(\d{2}):?(\d{2}):?(\d{2}(?:\.\d+)?)/.exec(time?.trim() ?? '');
  if (match === null) return undefined;
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}
