/**
 * A small DICOM writer, explicit little endian: for frames that a decoder is given without the
 * header of their file, and for synthetic series.
 */
import { createHash } from 'node:crypto';

/** Elements of a data set; keys are tags as `x00100010`, sequences hold data sets. */
export type DicomElements = Readonly<Record<string, DicomElement>>;
export type DicomElement =
  | { readonly vr: 'SQ'; readonly value: readonly DicomElements[] }
  | { readonly vr: 'US' | 'SS' | 'UL' | 'FD'; readonly value: number | readonly number[] }
  | { readonly vr: 'OB' | 'OW' | 'UN'; readonly value: Uint8Array }
  | { readonly vr: TextVr; readonly value: string | readonly (string | number)[] };
type TextVr = (typeof textVrs)[number];

const textVrs = [
  'AE',
  'CS',
  'DA',
  'DS',
  'DT',
  'IS',
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'TM',
  'UI',
] as const;

export interface DicomFile {
  readonly syntaxUid: string;
  readonly elements: DicomElements;
  /** Encapsulated pixel data: the fragments; without an offset table. */
  readonly fragments?: readonly Uint8Array[];
}

const implementationUid = '2.25.282913094817243870163519741846173923331';

/** Bytes of a file (PS3.10). The SOP UIDs of the file meta group are those of the data set. */
export function dicomFile({ syntaxUid, elements, fragments }: DicomFile): Buffer {
  const text = (tag: string) => String(elements[tag]?.value ?? '');
  const meta = Buffer.concat([
    element('x00020001', { vr: 'OB', value: Uint8Array.of(0, 1) }),
    element('x00020002', { vr: 'UI', value: text('x00080016') }),
    element('x00020003', { vr: 'UI', value: text('x00080018') }),
    element('x00020010', { vr: 'UI', value: syntaxUid }),
    element('x00020012', { vr: 'UI', value: implementationUid }),
  ]);
  const length = element('x00020000', { vr: 'UL', value: meta.length });
  const parts = [Buffer.alloc(128), Buffer.from('DICM'), length, meta, dataSet(elements)];
  if (fragments !== undefined) parts.push(encapsulated(fragments));
  return Buffer.concat(parts);
}

/** A UID below 2.25 that depends on nothing but the text. */
export function uidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return `2.25.${BigInt(`0x${hash}`)}`;
}

function dataSet(elements: DicomElements): Buffer {
  const ordered = Object.entries(elements).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(ordered.map(([tag, value]) => element(tag, value)));
}

function element(tag: string, content: DicomElement): Buffer {
  const value = valueBytes(content);
  const long = ['OB', 'OW', 'SQ', 'UN'].includes(content.vr);
  const head = Buffer.alloc(long ? 12 : 8);
  writeTag(head, tag);
  head.write(content.vr, 4, 'latin1');
  if (long) head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function valueBytes(content: DicomElement): Buffer {
  switch (content.vr) {
    case 'SQ':
      return Buffer.concat(content.value.map((item) => withItem(dataSet(item))));
    case 'OB':
    case 'OW':
    case 'UN':
      return padded(Buffer.from(content.value), 0);
    case 'US':
    case 'SS':
    case 'UL':
    case 'FD':
      return numbers(content.vr, [content.value].flat() as number[]);
    default: {
      const text = Buffer.from([content.value].flat().join('\\'), 'latin1');
      return padded(text, content.vr === 'UI' ? 0 : 0x20);
    }
  }
}

function numbers(vr: 'US' | 'SS' | 'UL' | 'FD', values: readonly number[]): Buffer {
  const size = { US: 2, SS: 2, UL: 4, FD: 8 }[vr];
  const bytes = Buffer.alloc(size * values.length);
  values.forEach((value, i) => {
    if (vr === 'US') bytes.writeUInt16LE(value, i * size);
    else if (vr === 'SS') bytes.writeInt16LE(value, i * size);
    else if (vr === 'UL') bytes.writeUInt32LE(value, i * size);
    else bytes.writeDoubleLE(value, i * size);
  });
  return bytes;
}

function encapsulated(fragments: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(12);
  writeTag(head, 'x7fe00010');
  head.write('OB', 4, 'latin1');
  head.writeUInt32LE(0xffffffff, 8);
  const items = fragments.map((fragment) => withItem(padded(Buffer.from(fragment), 0)));
  const end = Buffer.alloc(8);
  writeTag(end, 'xfffee0dd');
  return Buffer.concat([head, withItem(Buffer.alloc(0)), ...items, end]);
}

function withItem(content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  writeTag(head, 'xfffee000');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

function writeTag(bytes: Buffer, tag: string): void {
  bytes.writeUInt16LE(Number.parseInt(tag.slice(1, 5), 16), 0);
  bytes.writeUInt16LE(Number.parseInt(tag.slice(5, 9), 16), 2);
}

/** Values have an even length (PS3.5, 7.1.1). */
function padded(bytes: Buffer, by: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(by)]);
}
