import { badTag } from './dicom-error.js';
import { tags } from './tags.js';

/**
 * Decodes an RLE frame (PS3.5, annex G): byte planes of the pixels, the highest first. `pixels`
 * values of `bytesPerPixel` bytes, little endian. DATA_ERROR if a plane does not give exactly that.
 */
export function decodeRle(frame: Uint8Array, pixels: number, bytesPerPixel: number): Uint8Array {
  if (frame.length < 64) throw damaged('is shorter than its header');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = view.getUint32(0, true);
  if (count !== bytesPerPixel) throw damaged('has another number of byte planes', { got: count });
  const offsets = Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i, true));
  const out = new Uint8Array(pixels * bytesPerPixel);
  offsets.forEach((offset, plane) => {
    const end = offsets[plane + 1] ?? frame.length;
    if (offset < 64 || end > frame.length || end < offset) throw damaged('has offsets beside it');
    unpack(frame.subarray(offset, end), out, bytesPerPixel - 1 - plane, bytesPerPixel, pixels);
  });
  return out;
}

function unpack(
  packed: Uint8Array,
  out: Uint8Array,
  first: number,
  step: number,
  pixels: number,
): void {
  let [at, done] = [0, 0];
  while (done < pixels && at < packed.length) {
    const code = packed[at++] as number;
    if (code === 128) continue;
    const run = code < 128 ? code + 1 : 257 - code;
    const needed = code < 128 ? run : 1;
    if (at + needed > packed.length || done + run > pixels) break;
    for (let i = 0; i < run; i += 1) {
      out[first + (done + i) * step] = packed[code < 128 ? at + i : at] as number;
    }
    at += needed;
    done += run;
  }
  if (done !== pixels) throw damaged('ends too early', { expected: pixels, got: done });
}

function damaged(reason: string, details: Record<string, unknown> = {}) {
  return badTag(tags.pixelData, 'an RLE frame', reason, details);
}
