/** Systematic and random damage to DICOM files, with fixed seeds. */
import { randomStream } from '../src/index.js';

export interface Mutation {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Where a tag stands, in either order of its bytes. */
function find(bytes: Buffer, tag: readonly number[]): number {
  const [a, b, c, d] = tag as [number, number, number, number];
  const at = bytes.indexOf(Buffer.from(tag), 132);
  return at >= 0 ? at : bytes.indexOf(Buffer.from([b, a, d, c]), 132);
}
const rows = [0x28, 0, 0x10, 0];
const columns = [0x28, 0, 0x11, 0];
const frames = [0x28, 0, 0x08, 0];
const bitsAllocated = [0x28, 0, 0, 1];
const pixelData = [0xe0, 0x7f, 0x10, 0];
const position = [0x20, 0, 0x32, 0];
const orientation = [0x20, 0, 0x37, 0];
const spacing = [0x28, 0, 0x30, 0];
const syntaxTag = [0x02, 0, 0x10, 0];

/** Damage of the kinds that are named in the requirements. */
export function systematicMutations(file: Buffer): Mutation[] {
  const list: Mutation[] = [];
  const add = (name: string, change: (bytes: Buffer) => Buffer | undefined) => {
    const copy = Buffer.from(file);
    const bytes = change(copy) ?? copy;
    if (!bytes.equals(file)) list.push({ name, bytes });
  };
  for (const part of [0.0005, 0.01, 0.1, 0.5, 0.9, 0.999]) {
    add(`cut at ${100 * part} %`, (b) => b.subarray(0, Math.floor(part * b.length)));
  }
  for (const bytes of [131, 132, 140, 200, 1000]) {
    add(`cut at ${bytes} bytes`, (b) => b.subarray(0, bytes));
  }
  add('cut before the pixels', (b) => b.subarray(0, find(b, pixelData)));
  add('cut within the pixel header', (b) => b.subarray(0, find(b, pixelData) + 6));
  add('without pixels', (b) => {
    const at = find(b, pixelData);
    return at < 0
      ? undefined
      : b.subarray(0, at + (hasVr(b, at) ? 12 : 8)).fill(0, at + (hasVr(b, at) ? 8 : 4));
  });
  for (const value of [0, 1, 7, 0x7fff, 0xffff]) {
    for (const [name, tag] of [
      ['rows', rows],
      ['columns', columns],
      ['bits', bitsAllocated],
    ] as const) {
      add(`${name} ${value}`, (b) => setShort(b, tag, value));
    }
  }
  for (const text of ['0 ', '-1', '9999999999', 'x ', '65536 ']) {
    add(`frames ${text}`, (b) => setText(b, frames, text));
  }
  for (const [name, tag] of [
    ['position', position],
    ['orientation', orientation],
    ['spacing', spacing],
  ] as const) {
    add(`${name} not a number`, (b) => setText(b, tag, 'a\\b\\c'));
    add(`${name} absent`, (b) => setTag(b, tag, [0x29, 0, 0x11, 0x11]));
    add(`${name} of VR SQ`, (b) => setVr(b, tag, 'SQ'));
  }
  add('rows and columns swapped with position', (b) =>
    setTag(setTag(b, rows, position), columns, spacing),
  );
  add('rows of VR LO', (b) => setVr(b, rows, 'LO'));
  add('rows of VR ??', (b) => setVr(b, rows, '??'));
  add('pixels of VR SQ', (b) => setVr(b, pixelData, 'SQ'));
  add('pixel length of 4 GB', (b) => setPixelLength(b, 0xfffffff0));
  add('pixel length undefined', (b) => setPixelLength(b, 0xffffffff));
  add('syntax absent', (b) => setTag(b, syntaxTag, [0x02, 0, 0x99, 0]));
  for (const uid of [
    '1.2.840.10008.1.2.4.201',
    '1.2.3.4',
    '1.2.840.10008.1.2',
    '1.2.840.10008.1.2.2',
    '1.2.840.10008.1.2.5',
    '1.2.840.10008.1.2.4.90',
    '1.2.840.10008.1.2.1.99',
  ]) {
    add(`syntax ${uid}`, (b) => setText(b, syntaxTag, uid));
  }
  return list;
}

/** Bytes changed at random: in the header, anywhere, and lengths blown up. */
export function randomMutations(file: Buffer, count: number, seed: number): Mutation[] {
  const random = randomStream(seed, 'dicom');
  return Array.from({ length: count }, (_, i) => {
    const bytes = Buffer.from(file);
    const end = i % 2 === 0 ? Math.min(bytes.length, 6000) : bytes.length;
    const changes = 1 + random.int(i % 5 === 0 ? 64 : 8);
    for (let k = 0; k < changes; k += 1) {
      const at = 132 + random.int(Math.max(1, end - 132));
      bytes[at] = i % 3 === 0 ? 0xff : random.int(256);
    }
    return { name: `random ${seed}/${i}`, bytes };
  });
}

function hasVr(bytes: Buffer, at: number): boolean {
  return /^[A-Z]{2}$/.test(bytes.toString('latin1', at + 4, at + 6));
}

/** Where the value of a short element begins. */
function valueAt(bytes: Buffer, tag: readonly number[]): number {
  const at = find(bytes, tag);
  return at < 0 ? -1 : at + 8;
}

function setShort(bytes: Buffer, tag: readonly number[], value: number): Buffer {
  const at = valueAt(bytes, tag);
  if (at >= 0) bytes.writeUInt16LE(value, at);
  return bytes;
}

/** Overwrites the value; what is longer than the element is cut, the rest blank. */
function setText(bytes: Buffer, tag: readonly number[], text: string): Buffer {
  const at = valueAt(bytes, tag);
  if (at < 0) return bytes;
  const length = hasVr(bytes, at - 8) ? bytes.readUInt16LE(at - 2) : bytes.readUInt32LE(at - 4);
  // What looks like the tag may be data.
  if (length > 64) return bytes;
  bytes.fill(tag === syntaxTag ? 0 : 0x20, at, at + length);
  bytes.write(text.slice(0, length), at, 'latin1');
  return bytes;
}

function setTag(bytes: Buffer, tag: readonly number[], other: readonly number[]): Buffer {
  const at = find(bytes, tag);
  if (at >= 0) bytes.set(other, at);
  return bytes;
}

function setVr(bytes: Buffer, tag: readonly number[], vr: string): Buffer {
  const at = find(bytes, tag);
  if (at >= 0 && hasVr(bytes, at)) bytes.write(vr, at + 4, 'latin1');
  return bytes;
}

function setPixelLength(bytes: Buffer, length: number): Buffer {
  const at = find(bytes, pixelData);
  if (at >= 0) bytes.writeUInt32LE(length, at + (hasVr(bytes, at) ? 8 : 4));
  return bytes;
}
