import { badTag } from './dicom-error.js';
import type { PixelLayout } from './pixel-layout.js';
import { tags } from './tags.js';

/**
 * Holds the header of a compressed frame against the header of the file before a decoder sees it:
 * a codestream has sizes of its own, and a decoder allocates by these. DATA_ERROR.
 */
export function checkCodestream(frame: Uint8Array, layout: PixelLayout): void {
  const found = layout.encoding === 'jpeg-2000' ? jpeg2000Size(frame) : jpegSize(frame);
  if (found === undefined) throw refused(`is no ${layout.encoding} codestream`);
  const { rows, columns } = layout;
  if (found.rows !== rows || found.columns !== columns || found.components !== 1) {
    throw refused('is of another size than rows and columns', {
      expected: { rows, columns, components: 1 },
      got: found,
    });
  }
  if (!endsWithEoi(frame)) throw refused('ends too early');
}

interface CodestreamSize {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
}

/** SIZ follows SOC at once (ISO 15444-1, A.5.1). */
function jpeg2000Size(bytes: Uint8Array): CodestreamSize | undefined {
  if (bytes.length < 42 || marker(bytes, 0) !== 0xff4f || marker(bytes, 2) !== 0xff51) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extent = (size: number, offset: number) => view.getUint32(size) - view.getUint32(offset);
  const tile = view.getUint32(24) * view.getUint32(28);
  // Tiles far smaller than any encoder's would make a decoder allocate one record for each.
  if (tile < 64) return undefined;
  return { rows: extent(12, 20), columns: extent(8, 16), components: view.getUint16(40) };
}

/** The start of frame: SOF0..15 but DHT, JPG and DAC, or SOF55 of JPEG-LS (ISO 14495-1, C.2.2). */
function jpegSize(bytes: Uint8Array): CodestreamSize | undefined {
  if (bytes.length < 4 || marker(bytes, 0) !== 0xffd8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 10 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const code = bytes[at + 1] as number;
    // Markers may be filled up with 0xff.
    if (code === 0xff) at += 1;
    else if (isStartOfFrame(code)) {
      return {
        rows: view.getUint16(at + 5),
        columns: view.getUint16(at + 7),
        components: bytes[at + 9] as number,
      };
    } else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function isStartOfFrame(code: number): boolean {
  return code === 0xf7 || (code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code));
}

/** EOI and EOC are the same two bytes; writers pad a fragment with 0x00 or 0xff. */
function endsWithEoi(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end -= 1;
  return marker(bytes, end - 2) === 0xffd9;
}

function marker(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function refused(reason: string, details: Record<string, unknown> = {}) {
  return badTag(tags.pixelData, 'a compressed frame', reason, details);
}
