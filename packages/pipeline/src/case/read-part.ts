import { FlcError } from '@flc-native/errors';
import { requireFinite } from '../prepare/intensity.js';
import { type Grid, gridOf, type Volume } from '../volume/volume.js';
import type { CaseInput } from './case-job.js';
import { readInput } from './read-input.js';

/** Reads an input of a case; `onto` is the grid of the image on which a mask is drawn. */
export type ReadPart = (input: CaseInput, onto?: Grid) => Promise<Volume>;

/** Reads inputs of a case in LPS order, each once. Errors and warnings name the part that the input plays. */
export function partReader(onWarning?: (text: string) => void): ReadPart {
  const volumes = new Map<string, Promise<Volume>>();
  return (input, onto) => {
    // A DICOM mask takes the grid of the image that it is drawn on.
    const grid = input.source?.kind === 'mask' && onto !== undefined ? gridOf(onto) : null;
    const key = `${sourceKey(input)}${JSON.stringify(grid)}`;
    const known = volumes.get(key);
    if (known !== undefined) return known;
    const volume = readPart(input, onto, onWarning);
    volumes.set(key, volume);
    return volume;
  };
}

/** The same for two inputs that are one image or mask. */
export function sourceKey({ file, source }: CaseInput): string {
  return JSON.stringify([file, source ?? null]);
}

/** Reads an input in LPS order. An error, and a warning, names the part that it plays. */
export async function readPart(
  input: CaseInput,
  onto?: Grid,
  onWarning: (text: string) => void = () => undefined,
): Promise<Volume> {
  try {
    return await readInput(input, {
      onto,
      onWarning: ({ message }) => onWarning(`${input.role}: ${message}`),
    });
  } catch (error) {
    throw aboutPart(error, input);
  }
}

/** Reads the image of a phase. DATA_ERROR about that part, too, where a voxel is no number. */
export async function readPhase(input: CaseInput, read: ReadPart = readPart): Promise<Volume> {
  const volume = await read(input);
  try {
    requireFinite(volume);
  } catch (error) {
    throw aboutPart(error, input);
  }
  return volume;
}

/** The same error, which says what input of the case it is about. */
export function aboutPart(error: unknown, input: CaseInput): unknown {
  if (!(error instanceof FlcError)) return error;
  const message = error.message.startsWith(input.role)
    ? error.message
    : `${input.role}: ${error.message}`;
  return new FlcError(error.code, message, {
    // Within a DICOM folder the error knows the file at fault.
    details: { file: input.file, ...error.details },
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error.cause,
  });
}
