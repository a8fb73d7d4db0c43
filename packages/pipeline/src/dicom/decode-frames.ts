import { Worker } from 'node:worker_threads';
import { FlcError } from '@flc-native/errors';
import { compiledWorker } from '../threads/compiled-worker.js';
import { dtypeOf, type VoxelData } from '../volume/volume.js';
import type { DecodeAnswer, DecodeRequest } from './decode-worker.js';
import { badTag } from './dicom-error.js';
import type { PixelLayout } from './pixel-layout.js';
import { tags } from './tags.js';
import { dicomFile } from './write-dicom.js';

/** A compressed frame and how its pixels are stored. */
export interface CompressedFrame {
  readonly bytes: Uint8Array;
  readonly layout: PixelLayout;
}

/** A thread that has nothing to do for this long gives its memory back, ms. */
const idleTime = 3000;
/** For a call, and on top for each megapixel: 512 x 512 takes 10 to 60 ms. */
const baseTimeout = 20_000;
const timeoutPerMegapixel = 4000;

let thread: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let queue: Promise<unknown> = Promise.resolve();

/**
 * Decodes frames of one size with ITK on a thread of its own; stored values, frame after frame.
 * The decoder sees a minimal header, never the file's: nothing of the patient, no surprises.
 * DATA_ERROR if it fails, dies or takes too long (`timeout` in ms, by default by size); the process
 * survives.
 */
export function decodeFrames(
  frames: readonly CompressedFrame[],
  timeout?: number,
): Promise<VoxelData> {
  const run = queue.then(() => decodeNow(frames, timeout));
  queue = run.catch(() => undefined);
  return run;
}

async function decodeNow(
  frames: readonly CompressedFrame[],
  timeout: number | undefined,
): Promise<VoxelData> {
  const { rows, columns } = (frames[0] as CompressedFrame).layout;
  const files = frames.map(minimalFile);
  const megapixels = (frames.length * rows * columns) / 1e6;
  const limit = timeout ?? baseTimeout + timeoutPerMegapixel * megapixels;
  const answer = await ask({ files }, limit);
  if ('error' in answer) throw failed(new Error(answer.error));
  const expected = [columns, rows, frames.length];
  const { data, size } = answer;
  const pixels = rows * columns * frames.length;
  const fits = expected.every((n, i) => n === (size[i] ?? 1));
  if (dtypeOf(data) === undefined || (data as VoxelData).length !== pixels || !fits) {
    throw failed(new Error('the decoder returned another size'));
  }
  return data as VoxelData;
}

function ask(request: DecodeRequest, limit: number): Promise<DecodeAnswer> {
  clearTimeout(idle);
  thread ??= start();
  const worker = thread;
  return new Promise((resolve, reject) => {
    const finish = (end: () => void, dead: boolean) => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      if (dead) stop(worker);
      else {
        worker.unref();
        idle = setTimeout(() => stop(worker), idleTime).unref();
      }
      end();
    };
    const timer = setTimeout(() => {
      const seconds = Math.round(limit / 1000);
      finish(() => reject(failed(new Error(`the decoder took more than ${seconds} s`))), true);
    }, limit);
    const onMessage = (answer: DecodeAnswer) => {
      // After an abort the module is unusable, and its memory is not given back.
      finish(() => resolve(answer), 'error' in answer);
    };
    const onError = (cause: unknown) => finish(() => reject(failed(cause)), true);
    const onExit = () => finish(() => reject(failed(new Error('the decoder ended'))), true);
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.ref();
    worker.postMessage(request);
  });
}

function start(): Worker {
  // What codecs print is not for the terminal.
  const worker = new Worker(compiledWorker('dicom/decode-worker'), { stdout: true, stderr: true });
  worker.stdout.resume();
  worker.stderr.resume();
  // Between two calls nobody else listens, and an error without a listener would end the process.
  worker.on('error', () => undefined);
  worker.once('exit', () => {
    if (thread === worker) thread = undefined;
  });
  return worker;
}

function stop(worker: Worker): void {
  if (thread === worker) thread = undefined;
  void worker.terminate();
}

function failed(cause: unknown): FlcError {
  const error = badTag(tags.pixelData, 'pixel data', 'cannot be decoded');
  return new FlcError(error.code, error.message, {
    details: error.details,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause,
  });
}

/** CT image storage with what a decoder needs, rescale left to us. */
function minimalFile({ bytes, layout }: CompressedFrame, index: number): Uint8Array {
  const { rows, columns, bitsAllocated, bitsStored, highBit, signed, syntaxUid } = layout;
  const us = (value: number) => ({ vr: 'US', value }) as const;
  const ds = (...value: number[]) => ({ vr: 'DS', value }) as const;
  return dicomFile({
    syntaxUid,
    elements: {
      x00080016: { vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' },
      x00080018: { vr: 'UI', value: `2.25.${index + 1}` },
      x00080060: { vr: 'CS', value: 'CT' },
      x0020000d: { vr: 'UI', value: '2.25.1' },
      x0020000e: { vr: 'UI', value: '2.25.2' },
      x00200013: { vr: 'IS', value: [index + 1] },
      x00200032: ds(0, 0, index),
      x00200037: ds(1, 0, 0, 0, 1, 0),
      x00280002: us(1),
      x00280004: { vr: 'CS', value: 'MONOCHROME2' },
      x00280010: us(rows),
      x00280011: us(columns),
      x00280030: ds(1, 1),
      x00280100: us(bitsAllocated),
      x00280101: us(bitsStored),
      x00280102: us(highBit),
      x00280103: us(signed ? 1 : 0),
      x00281052: ds(0),
      x00281053: ds(1),
    },
    fragments: [bytes],
  });
}
