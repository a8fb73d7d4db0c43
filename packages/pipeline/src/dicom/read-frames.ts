import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { VoxelData } from '../volume/volume.js';
import { checkCodestream } from './codestream.js';
import { decodeFrames } from './decode-frames.js';
import { badDicom, badTag, inFile } from './dicom-error.js';
import { encapsulatedFrames } from './encapsulated.js';
import { inflate } from './parse-data-set.js';
import type { PixelLayout } from './pixel-layout.js';
import { decodeRle } from './rle.js';
import { tags } from './tags.js';

/** A frame of a file. */
export interface FrameSource {
  readonly file: string;
  readonly frame: number;
  readonly layout: PixelLayout;
}

/** Frames that a decoder is given at a time: 64 of 512 x 512 take 150 MB there. */
const mostPixelsAtOnce = 64 * 512 * 512;

/**
 * Stored values of frames, one array a frame, in the order of `sources`; `take` gets each as soon
 * as it is there and must copy what it needs. Native and RLE frames are read here, other encodings
 * by ITK. DATA_ERROR with file and tag, IO_ERROR.
 */
export async function readFrames(
  sources: readonly FrameSource[],
  take: (index: number, stored: VoxelData) => void,
): Promise<void> {
  const byFile = new Map<string, number[]>();
  sources.forEach(({ file }, i) => {
    const list = byFile.get(file);
    if (list === undefined) byFile.set(file, [i]);
    else list.push(i);
  });
  const batch = new Batch(sources, take);
  const files = [...byFile.entries()];
  let next = 0;
  const work = async () => {
    while (next < files.length) {
      const [file, indices] = files[next++] as [string, number[]];
      const { layout } = sources[indices[0] as number] as FrameSource;
      try {
        const bytes = await readPixelData(file, layout);
        await readFile(bytes, layout, indices, sources, take, batch);
      } catch (thrown) {
        throw inFile(thrown, file);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, 2 * availableParallelism()) }, work));
  await batch.flush();
}

async function readFile(
  bytes: Uint8Array,
  layout: PixelLayout,
  indices: readonly number[],
  sources: readonly FrameSource[],
  take: (index: number, stored: VoxelData) => void,
  batch: Batch,
): Promise<void> {
  const { rows, columns, bitsAllocated, encoding, frames } = layout;
  const pixels = rows * columns;
  const compressed = encoding === 'native' ? undefined : encapsulatedFrames(bytes, frames);
  for (const index of indices) {
    const { frame } = sources[index] as FrameSource;
    if (compressed === undefined) take(index, nativeFrame(bytes, layout, frame));
    else if (encoding === 'rle') {
      const plain = decodeRle(compressed[frame] as Uint8Array, pixels, bitsAllocated / 8);
      take(index, typed(plain, { ...layout, bigEndian: false }));
    } else {
      checkCodestream(compressed[frame] as Uint8Array, layout);
      await batch.add(index, compressed[frame] as Uint8Array);
    }
  }
}

/** Collects compressed frames of one size and decodes them together: a call costs 100 ms. */
class Batch {
  #waiting: { index: number; bytes: Uint8Array }[] = [];

  constructor(
    private readonly sources: readonly FrameSource[],
    private readonly take: (index: number, stored: VoxelData) => void,
  ) {}

  async add(index: number, bytes: Uint8Array): Promise<void> {
    const { rows, columns } = this.#layout(index);
    this.#waiting.push({ index, bytes });
    if (this.#waiting.length * rows * columns >= mostPixelsAtOnce) await this.flush();
  }

  async flush(): Promise<void> {
    const jobs = this.#waiting;
    this.#waiting = [];
    const groups = new Map<string, typeof jobs>();
    for (const job of jobs) {
      const kind = JSON.stringify(this.#kind(job.index));
      groups.set(kind, [...(groups.get(kind) ?? []), job]);
    }
    for (const group of groups.values()) await this.#decode(group);
  }

  async #decode(jobs: { index: number; bytes: Uint8Array }[]): Promise<void> {
    const { rows, columns } = this.#layout((jobs[0] as { index: number }).index);
    const pixels = rows * columns;
    const frames = jobs.map(({ index, bytes }) => ({ bytes, layout: this.#layout(index) }));
    try {
      const data = await decodeFrames(frames);
      jobs.forEach(({ index }, i) => {
        this.take(index, data.subarray(i * pixels, (i + 1) * pixels));
      });
    } catch (thrown) {
      const [only] = jobs;
      if (jobs.length === 1 && only !== undefined) {
        throw inFile(thrown, (this.sources[only.index] as FrameSource).file);
      }
      // One of them is damaged: halves tell which.
      const half = Math.ceil(jobs.length / 2);
      await this.#decode(jobs.slice(0, half));
      await this.#decode(jobs.slice(half));
    }
  }

  #layout(index: number): PixelLayout {
    return (this.sources[index] as FrameSource).layout;
  }

  #kind(index: number) {
    const { syntaxUid, rows, columns, bitsAllocated, bitsStored, highBit, signed } =
      this.#layout(index);
    return [syntaxUid, rows, columns, bitsAllocated, bitsStored, highBit, signed];
  }
}

/** The value of the pixel data element. */
export async function readPixelData(file: string, layout: PixelLayout): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size !== layout.fileBytes) throw badDicom('the file changed while it was read');
    const from = layout.deflated ? layout.dataSetOffset : layout.offset;
    const length = layout.deflated ? size - from : layout.length;
    const bytes = Buffer.allocUnsafeSlow(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await handle.read(bytes, at, length - at, from + at);
      if (bytesRead === 0) throw badTag(tags.pixelData, 'pixel data', 'ends too early');
      at += bytesRead;
    }
    if (!layout.deflated) return bytes;
    return inflate(bytes, true).subarray(layout.offset, layout.offset + layout.length);
  } finally {
    await handle.close();
  }
}

/** One frame of uncompressed pixels of 8, 16 or 32 bits. */
function nativeFrame(bytes: Uint8Array, layout: PixelLayout, frame: number): VoxelData {
  const size = (layout.rows * layout.columns * layout.bitsAllocated) / 8;
  return typed(bytes.subarray(frame * size, (frame + 1) * size), layout);
}

/** Bytes as numbers: byte order, then the bits that are stored (PS3.5, 8.1.1). */
function typed(bytes: Uint8Array, layout: PixelLayout): VoxelData {
  const { bitsAllocated, bitsStored, highBit, signed, bigEndian } = layout;
  const size = bitsAllocated / 8;
  const aligned = bytes.byteOffset % size === 0 && !bigEndian ? bytes : Uint8Array.from(bytes);
  if (bigEndian) {
    const buffer = Buffer.from(aligned.buffer, aligned.byteOffset, aligned.byteLength);
    if (size === 2) buffer.swap16();
    else if (size === 4) buffer.swap32();
  }
  const arrays = {
    8: signed ? Int8Array : Uint8Array,
    16: signed ? Int16Array : Uint16Array,
    32: signed ? Int32Array : Uint32Array,
  } as const;
  const array = arrays[bitsAllocated as keyof typeof arrays];
  if (array === undefined) {
    throw badTag(tags.bitsAllocated, 'bits allocated', 'is not supported', { got: bitsAllocated });
  }
  const all = new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / size);
  if (bitsStored === bitsAllocated) return all;
  // Bits beside the stored ones may hold overlays: shift them out, the sign comes along.
  const [up, down] = [32 - highBit - 1, 32 - bitsStored];
  const stored = signed ? new Int32Array(all.length) : new Uint32Array(all.length);
  for (let i = 0; i < all.length; i += 1) {
    const shifted = (all[i] as number) << up;
    stored[i] = signed ? shifted >> down : shifted >>> down;
  }
  return stored;
}
