import { FlcError } from '@flc-native/errors';
import type { Grid, Volume } from '../volume/volume.js';
import type { CaseInput } from './case-job.js';
import { readInput } from './read-input.js';

/** Reads an input of a case; `onto` is the grid of the image on which a mask is drawn. */
export type ReadPart = (input: CaseInput, onto?: Grid) => Promise<Volume>;

/** Reads inputs of a case in LPS order, each once. Errors name the part that the input plays. */
export function partReader(): ReadPart {
  const volumes = new Map<string, Promise<Volume>>();
  return (input, onto) => {
    // A DICOM mask takes the grid of the image that it is drawn on.
    const key = `${sourceKey(input)}${input.source?.kind === 'mask' ? JSON.stringify(onto) : ''}`;
    const known = volumes.get(key);
    if (known !== undefined) return known;
    const volume = readPart(input, onto);
    volumes.set(key, volume);
    return volume;
  };
}

/** The same for two inputs that are one image or mask. */
export function sourceKey({ file, source }: CaseInput): string {
  return JSON.stringify([file, source ?? null]);
}

/** Reads an input in LPS order. An error names the part that it plays. */
export async function readPart(input: CaseInput, onto?: Grid): Promise<Volume> {
  try {
    return await readInput(input, { onto });
  } catch (error) {
    throw aboutPart(error, input);
  }
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
