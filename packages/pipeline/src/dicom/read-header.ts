import { type FileHandle, open } from 'node:fs/promises';
import { maxVoxelBytes } from '../volume/limits.js';
import { badDicom, inFile } from './dicom-error.js';
import { dicomKind, signatureBytes } from './file-meta.js';
import { type ParsedDicom, parseDicom } from './parse-data-set.js';
import { tags } from './tags.js';

/** A CT header takes 2 to 20 kB; enhanced multi-frame headers are larger and take a second read. */
const firstRead = 32 * 1024;

export interface DicomHeader extends ParsedDicom {
  readonly fileBytes: number;
}

/**
 * Reads the header of a file, without its pixels where they come last. Undefined if the file is
 * not DICOM. DATA_ERROR or IO_ERROR with the path in `details.file`.
 */
export async function readHeader(file: string): Promise<DicomHeader | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const status = await handle.stat();
    if (!status.isFile() || status.size < signatureBytes) return undefined;
    const head = await readBytes(handle, Math.min(firstRead, status.size));
    if (dicomKind(head) === 'foreign') return undefined;
    if (status.size > maxVoxelBytes) {
      throw badDicom('the file is larger than is supported', {
        bytes: status.size,
        largest: maxVoxelBytes,
      });
    }
    const early = tryHead(head, status.size);
    const parsed = early ?? parseDicom(await readBytes(handle, status.size));
    return { ...parsed, fileBytes: status.size };
  } catch (thrown) {
    throw inFile(thrown, file);
  } finally {
    await handle?.close();
  }
}

/** The header if it ends within the first bytes. */
function tryHead(head: Uint8Array, fileBytes: number): ParsedDicom | undefined {
  if (head.length === fileBytes) return undefined;
  try {
    const parsed = parseDicom(head, false);
    // A deflated file tells its length at the end only.
    const enough = parsed.dataSet.elements[tags.pixelData] && !parsed.meta.syntax.deflated;
    return enough ? parsed : undefined;
  } catch {
    // Cut in the middle of an element, or damaged: the whole file tells.
    return undefined;
  }
}

/** The first bytes of a file; DATA_ERROR if it became shorter meanwhile. */
async function readBytes(handle: FileHandle, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await handle.read(bytes, at, length - at, at);
    if (bytesRead === 0) throw badDicom('the file ends too early', { expected: length, got: at });
    at += bytesRead;
  }
  return bytes;
}
