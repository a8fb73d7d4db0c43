import { throwIfCancelled, withReason } from '@flc-native/errors';
import { classProportions, type LabelMap, labelMapFromPredictions } from '@flc-native/pipeline';
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
  /** Told of what is done otherwise than asked for. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * Classifies every patch of lesions on a grid of the given pace, in one request: patches of many lesions share the network's
 * batches, and the global features of a slice are computed once, whatever the number of its patches.
 *
 * @param lesions the slices of each lesion, at least one
 * @throws FlcError CANCELLED; what the network throws
 */
export async function mapLesions(
  network: PatchNetwork,
  lesions: readonly (readonly LesionSlice[])[],
  options: MapOptions,
): Promise<MappedLesion[]> {
  throwIfCancelled(options.signal);
  const slices = lesions.flat();
  const corners = slices.map(({ roi }) =>
    options.hasPatches ? patchesOf(roi, options.pace) : Int32Array.of(0, 0),
  );
  const request = {
    samples: slices.map(({ input }) => input),
    patches: triples(corners),
    signal: options.signal,
  };
  const predictions = await network.predictPatches(request).catch((thrown: unknown) => {
    throw withReason(thrown, options.signal);
  });
  for (const notice of predictions.notices ?? []) options.onNotice?.(notice);
  if (predictions.reducedTo !== undefined)
    options.onNotice?.(
      `label maps take ${predictions.reducedTo} patches at once instead of ${network.patchesAtOnce}: memory did not hold more`,
    );
  let slice = 0;
  let patch = 0;
  return lesions.map((own) => {
    const first = patch;
    const labelMaps = own.map(({ sampleId, roi }): SliceLabelMap => {
      const places = corners[slice++] ?? new Int32Array();
      const classes = predictions.classes.subarray(patch, patch + places.length / 2);
      patch += classes.length;
      const map = options.hasPatches
        ? labelMapFromPredictions(roi.h, roi.w, places, classes)
        : { h: roi.h, w: roi.w, data: new Int8Array(roi.h * roi.w).fill(-1) };
      return { sampleId, ...map };
    });
    return { labelMaps, ...shares(labelMaps, predictions, first, patch, options) };
  });
}

/** {@link mapLesions} of a single lesion. */
export async function mapLesion(
  network: PatchNetwork,
  slices: readonly LesionSlice[],
  options: MapOptions,
): Promise<MappedLesion> {
  const [mapped] = await mapLesions(network, [slices], options);
  return mapped as MappedLesion;
}

/** Of a lesion whose predictions are those from `first` to before `end`. */
function shares(
  labelMaps: readonly SliceLabelMap[],
  { classes, probabilities }: Awaited<ReturnType<PatchNetwork['predictPatches']>>,
  first: number,
  end: number,
  { numClasses, hasPatches }: MapOptions,
): Pick<MappedLesion, 'proportions' | 'meanProbabilities'> {
  const sums = new Float64Array(numClasses);
  const votes = new Float64Array(numClasses);
  for (let patch = first; patch < end; patch++) {
    const label = classes[patch] as number;
    votes[label] = (votes[label] as number) + 1;
    for (let k = 0; k < numClasses; k++)
      sums[k] = (sums[k] as number) + (probabilities[patch * numClasses + k] as number);
  }
  return {
    proportions: hasPatches
      ? classProportions(labelMaps, numClasses)
      : votes.map((count) => count / (end - first)),
    meanProbabilities: sums.map((sum) => sum / (end - first)),
  };
}

/** (row, column) pairs of each slice -> (slice, row, column) triples. */
function triples(corners: readonly Int32Array[]): Int32Array {
  const count = corners.reduce((sum, { length }) => sum + length / 2, 0);
  const triples = new Int32Array(3 * count);
  let next = 0;
  for (const [slice, places] of corners.entries()) {
    for (let i = 0; i < places.length; i += 2) {
      triples[next++] = slice;
      triples[next++] = places[i] as number;
      triples[next++] = places[i + 1] as number;
    }
  }
  return triples;
}
