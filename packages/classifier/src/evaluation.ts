import { readFile } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
import type { SliceLabelMap } from './label-maps.js';

/** The decision on one lesion; with the unit `slice`, on one slice. */
export interface LesionPrediction {
  /** The lesion's id, or the sample's with the unit `slice`. */
  readonly id: string;
  readonly patientId: string;
  /** Name of the true class, null where nobody labelled the lesion. */
  readonly truth: string | null;
  readonly predicted: string;
  /** In the order of the classes, summing to 1. */
  readonly probabilities: readonly number[];
  /** Share of each class among the labelled pixels (Eq. 7-8). */
  readonly proportions: readonly number[];
  /** Mean softmax output of the network over the patches. */
  readonly meanProbabilities: readonly number[];
  readonly sliceIds: readonly string[];
  readonly warnings: readonly string[];
}

/** What an evaluation found; the input of the report. */
export interface EvaluationResult {
  readonly name: string;
  readonly classes: readonly string[];
  readonly unit: 'slice' | 'lesion';
  /** Whether the evaluated lesions, or those that the model learned from, are phantoms. */
  readonly synthetic: boolean;
  readonly predictions: readonly LesionPrediction[];
  readonly labelMaps: readonly EvaluatedLabelMap[];
  readonly provenance: Readonly<Record<string, unknown>>;
}

export interface EvaluatedLabelMap extends SliceLabelMap {}

const format = 'flc-evaluation';

/** Writes an evaluation as JSON (label maps as base64), atomically. */
export async function writeEvaluation(file: string, result: EvaluationResult): Promise<void> {
  const labelMaps = result.labelMaps.map(({ sampleId, h, w, data }) => ({
    sampleId,
    h,
    w,
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
  }));
  await writeFileAtomic(file, JSON.stringify({ format, version: 1, ...result, labelMaps }));
}

/**
 * Reads what writeEvaluation wrote.
 *
 * @throws FlcError IO_ERROR if it cannot be read, DATA_ERROR if it is something else or cut short
 */
export async function readEvaluation(file: string): Promise<EvaluationResult> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FlcError('IO_ERROR', 'There is no evaluation to read', {
      details: { file },
      remedy: 'Make it with: flc-native evaluate',
      cause,
    });
  });
  try {
    const stored = JSON.parse(text) as StoredEvaluation;
    if (stored.format !== format || stored.version !== 1) throw new Error('another format');
    const { format: _format, version: _version, ...result } = stored;
    return { ...result, labelMaps: result.labelMaps.map(restoreLabelMap) };
  } catch (cause) {
    throw new FlcError('DATA_ERROR', 'The evaluation is cut short or of another version', {
      details: { file },
      remedy: 'Make it anew with: flc-native evaluate',
      cause,
    });
  }
}

interface StoredLabelMap {
  readonly sampleId: string;
  readonly h: number;
  readonly w: number;
  readonly data: string;
}

interface StoredEvaluation extends Omit<EvaluationResult, 'labelMaps'> {
  readonly format: string;
  readonly version: number;
  readonly labelMaps: readonly StoredLabelMap[];
}

function restoreLabelMap({ data, ...rest }: StoredLabelMap): EvaluatedLabelMap {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length !== rest.h * rest.w) throw new Error('a label map of another size');
  return { ...rest, data: new Int8Array(bytes) };
}
