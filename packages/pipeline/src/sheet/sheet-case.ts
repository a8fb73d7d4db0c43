import { toFlcError } from '@flc-native/errors';
import type { CaseInput, CaseJob, LesionJob } from '../case/case-job.js';
import { readInput } from '../case/read-input.js';
import type { Volume } from '../volume/volume.js';
import { frameOf, largestSlice, type SheetView, sheetView } from './sheet-view.js';

/** A phase of a lesion: its picture, or why there is none. Names and paths never occur. */
export type SheetPanel =
  | ({ readonly phase: string; readonly problem?: undefined } & SheetView)
  | { readonly phase: string; readonly problem: string };

export interface SheetLesion {
  readonly caseId: string;
  readonly key: string;
  readonly class: string | null;
  readonly panels: readonly SheetPanel[];
}

/** Draws the lesions of one case. What cannot be read is a problem in its panel; the others are drawn. */
export async function sheetCase(job: CaseJob): Promise<SheetLesion[]> {
  const volumes = await Promise.all(job.phases.map(readOrProblem));
  const lesions: SheetLesion[] = [];
  for (const lesion of job.lesions) {
    const { key, class: name } = lesion;
    lesions.push({
      caseId: job.caseId,
      key,
      class: name,
      panels: await panels(job, lesion, volumes),
    });
  }
  return lesions;
}

type Read = Volume | { readonly problem: string };

async function readOrProblem(input: CaseInput | undefined): Promise<Read> {
  if (input === undefined) return { problem: 'missing' };
  try {
    return await readInput(input);
  } catch (thrown) {
    return { problem: toFlcError(thrown).message };
  }
}

async function panels(
  job: CaseJob,
  lesion: LesionJob,
  volumes: readonly Read[],
): Promise<SheetPanel[]> {
  const reference = await readMask(lesion.mask, volumes[job.reference]);
  const result: SheetPanel[] = [];
  for (const [i, phase] of job.phaseNames.entries()) {
    const own = i === job.reference ? undefined : lesion.phaseMasks[i];
    const mask = own === undefined ? reference : await readMask(own, volumes[i]);
    result.push({ phase, ...panel(job, lesion, volumes[i] as Read, mask) });
  }
  return result;
}

async function readMask(input: CaseInput | undefined, image: Read | undefined): Promise<Read> {
  if (input === undefined) return { problem: 'no mask' };
  const onto = image === undefined || 'problem' in image ? undefined : image;
  try {
    return await readInput(input, { onto });
  } catch (thrown) {
    return { problem: `mask: ${toFlcError(thrown).message}` };
  }
}

function panel(
  job: CaseJob,
  { label }: LesionJob,
  volume: Read,
  mask: Read,
): SheetView | { problem: string } {
  if ('problem' in volume) return volume;
  if ('problem' in mask) return mask;
  const slice = largestSlice(mask, label);
  if (slice === undefined) return { problem: 'the mask is empty' };
  try {
    return sheetView(frameOf(mask, slice), volume, mask, label, job.intensity);
  } catch (thrown) {
    return { problem: toFlcError(thrown).message };
  }
}
