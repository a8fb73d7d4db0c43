/**
 * Values of elements, checked: a wrong VR, length or number is a DATA_ERROR with the tag, an absent
 * or empty element is undefined.
 */
import { createHash } from 'node:crypto';
import { decodeText } from './character-sets.js';
import { badTag } from './dicom-error.js';
import type { DataSet, Element } from './parse-data-set.js';
import { tags } from './tags.js';

/** The element if it has a value. */
function filled(dataSet: DataSet, tag: string): Element | undefined {
  const element = dataSet.elements[tag];
  return element === undefined || element.length === 0 ? undefined : element;
}

/** Refuses an element whose explicit VR is another; UN (and implicit) is taken by its bytes. */
function requireVr(element: Element, name: string, allowed: readonly string[]): void {
  const { vr } = element;
  if (vr === undefined || vr === 'UN' || allowed.includes(vr)) return;
  const shown = /^[A-Z]{2}$/.test(vr) ? vr : 'unknown';
  throw badTag(element.tag, name, 'has a wrong value representation', {
    expected: allowed.join(' or '),
    got: shown,
  });
}

/** Longest text that is taken from a header; a longer one is cut. */
const longest = 1024;

const textVrs = [
  'AE',
  'AS',
  'CS',
  'DA',
  'DT',
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'TM',
  'UI',
  'UC',
  'UT',
];

/** All of a text element without padding, in the file's character set. */
export function text(dataSet: DataSet, tag: string, name: string): string | undefined {
  const element = filled(dataSet, tag);
  if (element === undefined) return undefined;
  requireVr(element, name, [...textVrs, 'DS', 'IS']);
  return decode(dataSet, element) || undefined;
}

/** The values of a text element. */
export function texts(dataSet: DataSet, tag: string, name: string): string[] | undefined {
  return text(dataSet, tag, name)
    ?.split('\\')
    .map((part) => part.trim());
}

/**
 * A UID, or what stands in its place; blank counts as absent. UIDs only tell things apart, so that
 * the text of an anonymiser will do: hashed, since it may hold a name.
 */
export function uid(dataSet: DataSet, tag: string, name: string): string | undefined {
  const value = text(dataSet, tag, name);
  return value === undefined ? undefined : uidKey(value);
}

/** What a text of the header or of dataset.yaml becomes as a UID. */
export function uidKey(value: string): string {
  if (/^[0-9.]{1,64}$/.test(value)) return value;
  return `${noUid}${createHash('sha256').update(value).digest('hex').slice(0, 16)}`;
}

/** What a key that is no UID begins with. */
export const noUid = 'text-';

/** Decimal or integer strings (DS, IS), or FD where a functional group has them: `count` numbers. */
export function decimals(
  dataSet: DataSet,
  tag: string,
  name: string,
  count: number,
): number[] | undefined {
  const element = filled(dataSet, tag);
  if (element === undefined) return undefined;
  requireVr(element, name, ['DS', 'IS', 'FD', 'FL']);
  const values =
    element.vr === 'FD' || element.vr === 'FL'
      ? Array.from({ length: count }, (_, i) =>
          element.vr === 'FD' ? dataSet.double(tag, i) : dataSet.float(tag, i),
        )
      : decode(dataSet, element).split('\\').map(toNumber);
  if (values.length === 1 && Number.isNaN(values[0]) && decode(dataSet, element) === '') {
    return undefined;
  }
  if (values.length < count || values.some((v) => v === undefined || !Number.isFinite(v))) {
    throw badTag(tag, name, `does not hold ${count === 1 ? 'a number' : `${count} numbers`}`);
  }
  return values.slice(0, count) as number[];
}

export function decimal(dataSet: DataSet, tag: string, name: string): number | undefined {
  return decimals(dataSet, tag, name, 1)?.[0];
}

/** An unsigned 16 bit element (US); SS is taken where the standard allows both. */
export function unsigned(
  dataSet: DataSet,
  tag: string,
  name: string,
  vrs: readonly string[] = ['US'],
): number | undefined {
  const element = filled(dataSet, tag);
  if (element === undefined) return undefined;
  requireVr(element, name, vrs);
  if (element.length < 2 || element.length > 64) throw badTag(tag, name, 'has a wrong length');
  return dataSet.uint16(tag);
}

/** A whole number of any integer VR or IS. */
export function whole(dataSet: DataSet, tag: string, name: string): number | undefined {
  const element = filled(dataSet, tag);
  if (element === undefined) return undefined;
  if (element.vr === 'US') return dataSet.uint16(tag);
  if (element.vr === 'UL') return dataSet.uint32(tag);
  requireVr(element, name, ['IS', 'DS']);
  const value = toNumber(decode(dataSet, element).split('\\')[0] ?? '');
  if (decode(dataSet, element) === '') return undefined;
  if (Number.isSafeInteger(value)) return value;
  throw badTag(tag, name, 'is not a whole number');
}

/** Data sets of the items of a sequence; empty where it is absent. */
export function items(dataSet: DataSet, tag: string): DataSet[] {
  const found = (dataSet.elements[tag]?.items ?? []).flatMap((item) => item.dataSet ?? []);
  for (const item of found) inherited.set(item, characterSets(dataSet));
  return found;
}

function toNumber(part: string): number {
  const trimmed = part.trim();
  return trimmed === '' ? Number.NaN : Number(trimmed);
}

function decode(dataSet: DataSet, element: Element): string {
  const end = element.dataOffset + Math.min(element.length, longest);
  const bytes = dataSet.byteArray.subarray(element.dataOffset, end);
  return (decodeText(bytes, characterSets(dataSet)).split('\0')[0] as string).trim();
}

/** Of an item without character sets of its own those of the data set around it (PS3.3, C.12.1.1.2). */
const inherited = new WeakMap<DataSet, readonly string[]>();

/** The character sets of a data set, as written; none is ASCII. */
export function characterSets(dataSet: DataSet): readonly string[] {
  const own = dataSet.string(tags.specificCharacterSet);
  return own?.split('\\').map((term) => term.trim()) ?? inherited.get(dataSet) ?? [];
}
