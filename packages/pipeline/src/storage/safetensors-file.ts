import { type FileHandle, open, readFile } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import { ioError, writeFileAtomic } from './atomic-file.js';
import {
  formatSafetensors,
  headerLength,
  parseSafetensors,
  parseSafetensorsHeader,
  type Safetensors,
  type SafetensorsHeader,
  type Tensor,
  toTensor,
} from './safetensors.js';

/** Reads every tensor of a file. DATA_ERROR for a malformed file, IO_ERROR for an unreadable one. */
export async function readSafetensors(file: string): Promise<Safetensors> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw ioError('reading a safetensors file failed', file, cause);
  }
  return withFile(file, () => parseSafetensors(bytes));
}

/** Reads the header alone: names, dtypes, shapes and metadata. */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  return withHandle(file, (handle) => readHeader(handle, file));
}

/** Reads the named tensors and no other byte; DATA_ERROR if one is missing. */
export async function readTensors(
  file: string,
  names: readonly string[],
): Promise<Map<string, Tensor>> {
  return withHandle(file, async (handle) => {
    const header = await readHeader(handle, file);
    const tensors = new Map<string, Tensor>();
    for (const name of names) {
      const entry = header.entries.get(name);
      if (entry === undefined) {
        throw new FlcError('DATA_ERROR', `tensor ${name} is missing`, { details: { file } });
      }
      const bytes = Buffer.allocUnsafe(entry.end - entry.begin);
      await readExactly(handle, bytes, header.dataStart + entry.begin, file);
      tensors.set(name, toTensor(entry, bytes));
    }
    return tensors;
  });
}

/** Writes tensors and string metadata atomically. */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(file, formatSafetensors(tensors, metadata));
}

async function readHeader(handle: FileHandle, file: string): Promise<SafetensorsHeader> {
  const { size } = await handle.stat();
  const prefix = Buffer.alloc(Math.min(8, size));
  await readExactly(handle, prefix, 0, file);
  const head = withFile(file, () => Buffer.allocUnsafe(8 + headerLength(prefix, size)));
  await readExactly(handle, head, 0, file);
  return withFile(file, () => parseSafetensorsHeader(head, size));
}

async function readExactly(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  let done = 0;
  while (done < target.byteLength) {
    const { bytesRead } = await handle.read(
      target,
      done,
      target.byteLength - done,
      position + done,
    );
    if (bytesRead === 0) {
      throw new FlcError('DATA_ERROR', 'the file ends before its data do', { details: { file } });
    }
    done += bytesRead;
  }
}

async function withHandle<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw ioError('opening a safetensors file failed', file, cause);
  }
  try {
    return await use(handle);
  } catch (error) {
    throw error instanceof FlcError ? error : ioError('reading failed', file, error);
  } finally {
    await handle.close();
  }
}

/** Runs a parser of bytes and adds the path to its error. */
function withFile<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof FlcError)) throw error;
    throw new FlcError(error.code, error.message, {
      details: { ...error.details, file },
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      cause: error.cause,
    });
  }
}
