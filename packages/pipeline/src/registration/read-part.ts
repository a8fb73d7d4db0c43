import { FlcError } from '@flc-native/errors';
import type { CaseInput } from '../case/case-job.js';
import { reorientToLps } from '../volume/geometry.js';
import { readVolume } from '../volume/read-volume.js';
import type { Volume } from '../volume/volume.js';

/** Reads inputs of a case in LPS order, each file once. Errors name the part that the file plays. */
export function partReader(): (input: CaseInput) => Promise<Volume> {
  const volumes = new Map<string, Promise<Volume>>();
  return (input) => {
    const known = volumes.get(input.file);
    if (known !== undefined) return known;
    const volume = read(input);
    volumes.set(input.file, volume);
    return volume;
  };
}

async function read(input: CaseInput): Promise<Volume> {
  try {
    return reorientToLps(await readVolume(input.file));
  } catch (error) {
    throw aboutPart(error, input);
  }
}

/** Says which input of the case an error is about. */
export function aboutPart(error: unknown, input: CaseInput): unknown {
  if (!(error instanceof FlcError) || error.message.startsWith(input.role)) return error;
  return new FlcError(error.code, `${input.role}: ${error.message}`, {
    details: { ...error.details, file: input.file },
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error.cause,
  });
}
