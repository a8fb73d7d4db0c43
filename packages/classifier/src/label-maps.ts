import { classProportions, type LabelMap, labelMapFromPredictions } from '@flc-native/pipeline';
import { throwIfCancelled } from './cancellation.js';
import type { NetworkInput, PatchNetwork } from './patch-network.js';
import { patchesOf, type Roi } from './patch-selection.js';

/** One slice of a lesion: what the network sees of it, and where patches may lie. */
export interface LesionSlice {
  readonly sampleId: string;
  readonly input: NetworkInput;
  readonly roi: Roi;
}

export interface SliceLabelMap extends LabelMap {
  readonly sampleId: string;
}

/** What the network says of a lesion. */
export interface MappedLesion {
  /** One map a slice; a network without a local pathway leaves them unlabelled. */
  readonly labelMaps: readonly SliceLabelMap[];
  /** Share of each class among the labelled pixels of all slices (Eq. 7-8); they sum to 1. */
  readonly proportions: Float64Array;
  /** Mean softmax output over all patches (over the slices, without a local pathway). */
  readonly meanProbabilities: Float64Array;
}

export interface MapOptions {
  readonly numClasses: number;
  /** Step between the patches of a label map, pixels; the paper's is 1. */
  readonly pace: number;
  /** The network has a local pathway; without one there is one prediction for each ROI. */
  readonly hasPatches: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Classifies every patch of a lesion on a grid of the given pace. The addon computes the global features of a slice
 * once, whatever the number of its patches.
 *
 * @param slices the slices of one lesion, at least one
 * @throws FlcError CANCELLED between two slices; what the network throws
 */
export async function mapLesion(
  network: PatchNetwork,
  slices: readonly LesionSlice[],
  options: MapOptions,
): Promise<MappedLesion> {
  const { numClasses } = options;
  const labelMaps: SliceLabelMap[] = [];
  const sums = new Float64Array(numClasses);
  const votes = new Float64Array(numClasses);
  let numPredictions = 0;
  for (const { sampleId, input, roi } of slices) {
    throwIfCancelled(options.signal);
    const corners = options.hasPatches ? patchesOf(roi, options.pace) : Int32Array.of(0, 0);
    const { classes, probabilities } = await network.predictPatches({
      samples: [input],
      patches: withSample(corners),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    for (const [i, value] of probabilities.entries())
      sums[i % numClasses] = (sums[i % numClasses] as number) + value;
    for (const label of classes) votes[label] = (votes[label] as number) + 1;
    numPredictions += classes.length;
    const map = options.hasPatches
      ? labelMapFromPredictions(roi.h, roi.w, corners, classes)
      : { h: roi.h, w: roi.w, data: new Int8Array(roi.h * roi.w).fill(-1) };
    labelMaps.push({ sampleId, ...map });
  }
  return {
    labelMaps,
    proportions: options.hasPatches
      ? classProportions(labelMaps, numClasses)
      : votes.map((count) => count / numPredictions),
    meanProbabilities: sums.map((sum) => sum / numPredictions),
  };
}

/** (row, column) pairs -> (0, row, column) triples. */
function withSample(corners: Int32Array): Int32Array {
  const triples = new Int32Array((corners.length / 2) * 3);
  for (let i = 0; i < corners.length / 2; i++) {
    triples[3 * i + 1] = corners[2 * i] as number;
    triples[3 * i + 2] = corners[2 * i + 1] as number;
  }
  return triples;
}
