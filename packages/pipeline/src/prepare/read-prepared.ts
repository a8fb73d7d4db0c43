import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { ioError } from '../storage/atomic-file.js';
import type { Tensor, TensorData, TensorDtype } from '../storage/safetensors.js';
import { readTensors } from '../storage/safetensors-file.js';
import { type PreparedIndex, type PreparedSample, parsePreparedIndex } from './prepared-format.js';

/** The pixels of a sample; shapes as in prepared/. */
export interface SamplePixels {
  /** Int16 [P, H, W] with H = h + 2 margin, W = w + 2 margin. */
  readonly image: Int16Array;
  /** [H, W], 0 or 1. */
  readonly mask: Uint8Array;
  readonly shape: readonly [phases: number, height: number, width: number];
  readonly margin: number;
  readonly box: readonly [row: number, column: number, h: number, w: number];
  /** [P, 2]. */
  readonly window: Float32Array;
  /** [P]. */
  readonly liverMean: Float32Array;
}

/** An opened prepared/ folder. */
export interface Prepared {
  readonly dir: string;
  readonly index: PreparedIndex;
  /** Reads the pixels of one sample and nothing else. DATA_ERROR for a damaged file. */
  loadSample(sample: PreparedSample): Promise<SamplePixels>;
}

/** Opens what `prepareDataset` wrote. IO_ERROR if absent, DATA_ERROR for another format or version. */
export async function readPrepared(dir: string): Promise<Prepared> {
  const file = join(dir, 'index.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const error = ioError('reading the index of prepared lesions failed', file, cause);
    throw new FlcError(error.code, error.message, {
      details: error.details,
      remedy: 'run prepare (again: finished cases are kept) or check the folder',
      cause,
    });
  }
  const index = parsePreparedIndex(parseJson(text, file), file);
  return { dir, index, loadSample: (sample) => loadSample(dir, index, sample) };
}

async function loadSample(
  dir: string,
  index: PreparedIndex,
  sample: PreparedSample,
): Promise<SamplePixels> {
  const { margin } = index;
  const phases = index.phases.length;
  const [, , h, w] = sample.box;
  const shape = [phases, h + 2 * margin, w + 2 * margin] as const;
  const file = join(dir, sample.file);
  const names = ['image', 'mask', 'window', 'liverMean'].map((name) => `${sample.key}.${name}`);
  const tensors = await readTensors(file, names);
  const take = <D extends TensorDtype>(at: number, dtype: D, expected: readonly number[]) =>
    expectTensor(tensors.get(names[at] as string), dtype, expected, file);
  return {
    image: take(0, 'I16', shape),
    mask: take(1, 'U8', shape.slice(1)),
    window: take(2, 'F32', [phases, 2]),
    liverMean: take(3, 'F32', [phases]),
    shape,
    margin,
    box: sample.box,
  };
}

function expectTensor<D extends TensorDtype>(
  tensor: Tensor | undefined,
  dtype: D,
  shape: readonly number[],
  file: string,
): TensorData[D] {
  const fits =
    tensor?.dtype === dtype &&
    tensor.shape.length === shape.length &&
    shape.every((n, i) => n === tensor.shape[i]);
  if (fits) return tensor.data as TensorData[D];
  throw new FlcError('DATA_ERROR', 'a prepared case does not fit its index', {
    details: {
      file,
      expected: { dtype, shape },
      got: tensor && { dtype: tensor.dtype, shape: tensor.shape },
    },
    remedy: 'run prepare again',
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FlcError('DATA_ERROR', 'index.json is no JSON', {
      details: { file },
      remedy: 'run prepare again',
      cause,
    });
  }
}
