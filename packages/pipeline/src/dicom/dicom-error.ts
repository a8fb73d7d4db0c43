import { FlcError } from '@flc-native/errors';
import { ioError } from '../storage/atomic-file.js';

/** `(0028,0010)` from dicom-parser's `x00280010`. */
export function tagName(tag: string): string {
  return `(${tag.slice(1, 5)},${tag.slice(5, 9)})`.toUpperCase();
}

/** DATA_ERROR for an element that is absent or cannot be used; the tag is in `details.tag`. */
export function badTag(
  tag: string,
  name: string,
  reason: string,
  details: Record<string, unknown> = {},
): FlcError {
  return new FlcError('DATA_ERROR', `DICOM: ${name} ${tagName(tag)} ${reason}`, {
    details: { tag: tagName(tag), ...details },
    remedy: 'export the series again; the file is damaged or not written by the standard',
  });
}

/** DATA_ERROR for a file that is DICOM but cannot be read as a whole. */
export function badDicom(
  reason: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
): FlcError {
  return new FlcError('DATA_ERROR', `DICOM: ${reason}`, {
    details,
    remedy: 'copy or export the file again',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The same error with the file that it is about; a failure of the system becomes an IO_ERROR. */
export function inFile(thrown: unknown, file: string): FlcError {
  if (thrown instanceof FlcError) {
    return new FlcError(thrown.code, thrown.message, {
      details: { ...thrown.details, file },
      ...(thrown.remedy === undefined ? {} : { remedy: thrown.remedy }),
      cause: thrown.cause,
    });
  }
  if ((thrown as NodeJS.ErrnoException | null)?.syscall !== undefined) {
    return ioError('reading a DICOM file failed', file, thrown);
  }
  return badDicom('the file is damaged', { file }, thrown);
}
