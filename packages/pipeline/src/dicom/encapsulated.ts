import { badTag } from './dicom-error.js';
import { tags } from './tags.js';

/**
 * The compressed bytes of each frame of encapsulated pixel data (PS3.5, A.4): `bytes` begins with
 * the basic offset table. A frame may take several fragments, with or without offset table.
 * DATA_ERROR if fragments end too early or cannot be told apart.
 */
export function encapsulatedFrames(bytes: Uint8Array, frames: number): Uint8Array[] {
  const { table, fragments } = items(bytes);
  if (frames === 1) return [join(fragments)];
  if (fragments.length === frames) return fragments.map(({ data }) => data);
  const starts = table.length === frames ? startsByTable(table, fragments) : startsBySoi(fragments);
  if (starts.length !== frames) {
    throw damaged(`holds ${fragments.length} fragments that make ${starts.length} frames`, {
      expected: frames,
      got: starts.length,
    });
  }
  return starts.map((start, i) => join(fragments.slice(start, starts[i + 1])));
}

interface Fragment {
  /** Counted from the first fragment's item, as the offset table does. */
  readonly offset: number;
  readonly data: Uint8Array;
}

function items(bytes: Uint8Array): { table: number[]; fragments: Fragment[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fragments: Fragment[] = [];
  let table: number[] | undefined;
  let [at, base] = [0, 0];
  while (at + 8 <= bytes.length) {
    const element = view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    if (view.getUint16(at, true) !== 0xfffe) throw damaged('holds no item where one must be');
    if (element === 0xe0dd) {
      if (fragments.length === 0) throw damaged('is empty');
      return { table: table ?? [], fragments };
    }
    if (element !== 0xe000 || at + 8 + length > bytes.length) break;
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (table === undefined) {
      table = Array.from({ length: Math.floor(length / 4) }, (_, i) =>
        view.getUint32(at + 8 + 4 * i, true),
      );
      base = at + 8 + length;
    } else fragments.push({ offset: at - base, data });
    at += 8 + length;
  }
  throw damaged('ends too early', { fragments: fragments.length });
}

function startsByTable(table: readonly number[], fragments: readonly Fragment[]): number[] {
  return table.map((offset) => {
    const at = fragments.findIndex((fragment) => fragment.offset === offset);
    if (at < 0) throw damaged('has an offset table that points beside the fragments');
    return at;
  });
}

/** Without a table, a frame begins where a codestream does: JPEG SOI or JPEG 2000 SOC. */
function startsBySoi(fragments: readonly Fragment[]): number[] {
  return fragments.flatMap(({ data }, i) => {
    const start = data[0] === 0xff && (data[1] === 0xd8 || data[1] === 0x4f);
    return start ? [i] : [];
  });
}

function join(fragments: readonly Fragment[]): Uint8Array {
  const [only] = fragments;
  return fragments.length === 1 && only !== undefined
    ? only.data
    : Buffer.concat(fragments.map(({ data }) => data));
}

function damaged(reason: string, details: Record<string, unknown> = {}) {
  return badTag(tags.pixelData, 'pixel data', reason, details);
}
