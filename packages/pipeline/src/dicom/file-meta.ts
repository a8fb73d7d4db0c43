import { badDicom, badTag } from './dicom-error.js';
import { tags } from './tags.js';
import {
  explicitLittleEndian,
  implicitLittleEndian,
  type TransferSyntax,
  transferSyntax,
} from './transfer-syntax.js';

/** What precedes the data set of a file (PS3.10, 7.1). */
export interface FileMeta {
  readonly syntax: TransferSyntax;
  readonly sopClassUid?: string | undefined;
  readonly sopInstanceUid?: string | undefined;
  /** Where the data set begins, bytes. */
  readonly dataSetOffset: number;
}

const preamble = 128;
/** Bytes that decide whether a file is DICOM. */
export const signatureBytes = preamble + 4;

/** What the first bytes of a file say: with preamble, a bare data set (old exports), or no DICOM. */
export function dicomKind(head: Uint8Array): 'file' | 'bare' | 'foreign' {
  if (String.fromCharCode(...head.subarray(preamble, preamble + 4)) === 'DICM') return 'file';
  return bareSyntax(head) === undefined ? 'foreign' : 'bare';
}

/** A bare data set begins with a short element of group 0008 below (0008,0019). */
function bareSyntax(head: Uint8Array): string | undefined {
  if (head.length < 16) return undefined;
  const [g0, g1, e0, e1, a, b] = head as unknown as number[];
  if (g0 !== 8 || g1 !== 0 || e1 !== 0 || (e0 as number) > 0x18) return undefined;
  const letter = (byte: number | undefined) => byte !== undefined && byte >= 65 && byte <= 90;
  if (letter(a) && letter(b)) return explicitLittleEndian;
  const length = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
  return length <= 64 && length % 2 === 0 ? implicitLittleEndian : undefined;
}

/**
 * Reads the file meta information, which is explicit little endian whatever follows. DATA_ERROR
 * for an absent or unsupported transfer syntax, with tag and UID.
 */
export function readFileMeta(bytes: Uint8Array): FileMeta {
  const bare = dicomKind(bytes) === 'bare' ? bareSyntax(bytes) : undefined;
  if (bare !== undefined) {
    return { syntax: transferSyntax(bare) as TransferSyntax, dataSetOffset: 0 };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, string>();
  let at = preamble + 4;
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 2) {
    const tag = `x0002${view
      .getUint16(at + 2, true)
      .toString(16)
      .padStart(4, '0')}`;
    const vr = String.fromCharCode(bytes[at + 4] as number, bytes[at + 5] as number);
    const long = ['OB', 'OW', 'UN', 'SQ', 'UT'].includes(vr);
    if (at + 12 > bytes.length) break;
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const from = at + (long ? 12 : 8);
    if (from + length > bytes.length) throw badDicom('the file ends within its file meta group');
    if (vr === 'UI') found.set(tag, plain(bytes.subarray(from, from + length)));
    at = from + length;
  }
  const uid = found.get(tags.transferSyntaxUid);
  if (uid === undefined || uid === '') {
    throw badTag(tags.transferSyntaxUid, 'transfer syntax', 'is missing');
  }
  const syntax = transferSyntax(uid);
  if (syntax === undefined) {
    throw badTag(tags.transferSyntaxUid, 'transfer syntax', 'is not supported', { got: uid });
  }
  return {
    syntax,
    sopClassUid: found.get(tags.mediaStorageSopClassUid) || undefined,
    sopInstanceUid: found.get(tags.mediaStorageSopInstanceUid) || undefined,
    dataSetOffset: at,
  };
}

/** UIDs are padded with NUL, by some writers with blanks. */
function plain(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trim();
}
