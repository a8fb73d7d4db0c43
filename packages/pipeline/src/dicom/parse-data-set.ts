/** The only file that calls dicom-parser. */
import { constants, inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { maxVoxelBytes } from '../volume/limits.js';
import { badDicom, tagName } from './dicom-error.js';
import { type FileMeta, readFileMeta } from './file-meta.js';
import { tags } from './tags.js';
import { explicitLittleEndian } from './transfer-syntax.js';

export type { DataSet, Element } from 'dicom-parser';

export interface ParsedDicom {
  readonly meta: FileMeta;
  readonly dataSet: DataSet;
  /** Bytes of the data set, inflated where the syntax is deflated; offsets count from here. */
  readonly bytes: Uint8Array;
}

/**
 * Parses the file meta group and the data set up to the pixel data. `bytes` may be the beginning
 * of a file only: what then lacks is absent. DATA_ERROR for a damaged one.
 */
export function parseDicom(bytes: Uint8Array, whole = true): ParsedDicom {
  const meta = readFileMeta(bytes);
  const rest = bytes.subarray(meta.dataSetOffset);
  const data = meta.syntax.deflated ? inflate(rest, whole) : rest;
  if (data.length < 8) throw badDicom('the file ends before its data set');
  // Each encoding of the data set by its plainest syntax: pixels are not looked at here.
  const TransferSyntaxUID = meta.syntax.encoding !== 'native' ? explicitLittleEndian : uidFor(meta);
  try {
    const dataSet = dicomParser.parseDicom(data, { TransferSyntaxUID, untilTag: tags.pixelData });
    return { meta, dataSet, bytes: data };
  } catch (thrown) {
    // dicom-parser throws strings and records, not errors.
    const { exception, dataSet } = (thrown ?? {}) as { exception?: unknown; dataSet?: DataSet };
    const after = lastTag(dataSet);
    const where = after === undefined ? '' : `, after ${after}`;
    const reason = `the data set is damaged or ends too early${where}`;
    throw badDicom(reason, {}, asError(exception ?? thrown));
  }
}

function uidFor({ syntax }: FileMeta): string {
  return syntax.deflated ? explicitLittleEndian : syntax.uid;
}

/** Inflates a deflated data set (PS3.5, A.5), bounded. */
export function inflate(bytes: Uint8Array, whole: boolean): Uint8Array {
  try {
    return inflateRawSync(bytes, {
      maxOutputLength: maxVoxelBytes,
      // The beginning of a file ends suddenly, and that is no error.
      finishFlush: whole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
  } catch (cause) {
    throw badDicom('the deflated data set is damaged, too large or ends too early', {}, cause);
  }
}

/** The tag up to which a data set could be read. */
function lastTag(dataSet: DataSet | undefined): string | undefined {
  const elements = Object.values(dataSet?.elements ?? {});
  const last = elements.reduce<(typeof elements)[number] | undefined>(
    (a, b) => (a !== undefined && a.dataOffset > b.dataOffset ? a : b),
    undefined,
  );
  return last === undefined ? undefined : tagName(last.tag);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
