import { FlcError } from '@flc-native/errors';

/** The element types of the files of this project; others are refused. */
export interface TensorData {
  F64: Float64Array;
  F32: Float32Array;
  I64: BigInt64Array;
  I32: Int32Array;
  I16: Int16Array;
  U8: Uint8Array;
}
export type TensorDtype = keyof TensorData;

/** A dense, row-major tensor; `data.length` is the product of `shape`. */
export type Tensor = {
  [D in TensorDtype]: { dtype: D; shape: readonly number[]; data: TensorData[D] };
}[TensorDtype];

/** Where one tensor lies: byte offsets count from the end of the header. */
export interface TensorEntry {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Byte offset in the file at which the tensors' bytes start. */
  readonly dataStart: number;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  U8: Uint8Array,
} as const;

/** The same limit as the reference implementation has (huggingface/safetensors, MAX_HEADER_SIZE). */
export const maxHeaderBytes = 100_000_000;

/**
 * Checks and reads the header: u64 little-endian length, JSON, then the data. `fileBytes` is the
 * size of the whole file. Every offset is checked, so that nothing is allocated on a lie.
 * Throws DATA_ERROR.
 */
export function parseSafetensorsHeader(head: Uint8Array, fileBytes: number): SafetensorsHeader {
  const length = headerLength(head, fileBytes);
  if (head.byteLength < 8 + length) throw malformed('the header is cut short');
  const raw = parseJsonObject(head.subarray(8, 8 + length));
  const entries = new Map<string, TensorEntry>();
  const metadata: Record<string, string> = Object.create(null);
  const dataBytes = fileBytes - 8 - length;
  for (const [name, value] of Object.entries(raw)) {
    if (name === '__metadata__') readMetadata(value, metadata);
    else entries.set(name, readEntry(name, value, dataBytes));
  }
  checkCoverage(entries, dataBytes);
  return { entries, metadata, dataStart: 8 + length };
}

/** Length of the JSON header in bytes, checked against the size of the file. */
export function headerLength(head: Uint8Array, fileBytes: number): number {
  if (head.byteLength < 8 || fileBytes < 8) throw malformed('shorter than 8 bytes');
  const view = new DataView(head.buffer, head.byteOffset, 8);
  const length = Number(view.getBigUint64(0, true));
  if (length > maxHeaderBytes || length > fileBytes - 8) {
    throw malformed('the header is longer than the file', { expected: length, got: fileBytes - 8 });
  }
  return length;
}

/** Reads a whole file from memory. Tensors are copies: the bytes may be released. */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const header = parseSafetensorsHeader(bytes, bytes.byteLength);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of header.entries) {
    const part = bytes.subarray(header.dataStart + entry.begin, header.dataStart + entry.end);
    tensors.set(name, toTensor(entry, part));
  }
  return { tensors, metadata: header.metadata };
}

/** Copies raw bytes into a typed array of the entry's dtype. */
export function toTensor(entry: TensorEntry, bytes: Uint8Array): Tensor {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  const data = new arrays[entry.dtype](copy.buffer);
  return { dtype: entry.dtype, shape: entry.shape, data } as Tensor;
}

/**
 * The parts of a file: header, then each tensor. Tensors are ordered by element size, largest
 * first, so that every one of them is aligned; the header is padded to a multiple of 8 bytes.
 */
export function formatSafetensors(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const list = tensors instanceof Map ? [...tensors] : Object.entries(tensors as object);
  const sorted = (list as [string, Tensor][]).sort(
    ([a, x], [b, y]) =>
      y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : a > b ? 1 : 0),
  );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor);
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const head = Buffer.alloc(8 + padded, 0x20);
  head.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(head, 8);
  return [
    head,
    ...sorted.map(([, t]) => new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength)),
  ];
}

function checkTensor(name: string, tensor: Tensor): void {
  const count = tensor.shape.reduce((product, n) => product * n, 1);
  if (!(tensor.data instanceof arrays[tensor.dtype]) || tensor.data.length !== count) {
    throw new FlcError('INTERNAL', `tensor ${name}: data do not fit dtype and shape`, {
      details: { dtype: tensor.dtype, shape: tensor.shape, length: tensor.data.length },
    });
  }
}

function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(value)) return value;
  } catch (cause) {
    throw malformed('the header is no JSON', {}, cause);
  }
  throw malformed('the header is no JSON object');
}

function readMetadata(value: unknown, target: Record<string, string>): void {
  if (!isObject(value)) throw malformed('__metadata__ is no object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw malformed('__metadata__ holds a value that is no string');
    target[key] = text;
  }
}

function readEntry(name: string, value: unknown, dataBytes: number): TensorEntry {
  if (!isObject(value)) throw malformed(`tensor ${name} is no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(arrays, dtype)) {
    throw malformed(`tensor ${name} has an unsupported dtype`, { got: dtype });
  }
  if (!isCountList(shape) || shape.length > 16) throw malformed(`tensor ${name}: bad shape`);
  if (!isCountList(offsets) || offsets.length !== 2) throw malformed(`tensor ${name}: bad offsets`);
  const [begin, end] = offsets as [number, number];
  const size = arrays[dtype as TensorDtype].BYTES_PER_ELEMENT;
  const bytes = shape.reduce((product, n) => product * n, size);
  if (end > dataBytes || begin > end || end - begin !== bytes) {
    throw malformed(`tensor ${name}: offsets do not fit the shape or the file`, {
      expected: bytes,
      got: [begin, end],
      dataBytes,
    });
  }
  return { dtype: dtype as TensorDtype, shape, begin, end };
}

/** The format asks that the tensors cover the data without a hole or an overlap. */
function checkCoverage(entries: ReadonlyMap<string, TensorEntry>, dataBytes: number): void {
  let position = 0;
  for (const { begin, end } of [...entries.values()].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== position) throw malformed('tensors overlap or leave a hole');
    position = end;
  }
  if (position !== dataBytes) {
    throw malformed('bytes after the last tensor', { expected: position, got: dataBytes });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function malformed(reason: string, details = {}, cause?: unknown): FlcError {
  return new FlcError('DATA_ERROR', `not a valid safetensors file: ${reason}`, {
    details,
    remedy: 'the file is damaged or of another kind; make it again',
    cause,
  });
}
