/** A lesion slice in memory, as it crosses into the addon. */
export interface NetworkInput {
  /** HU, [phases, h + 2 margin, w + 2 margin]. */
  readonly image: Int16Array;
  /** [h + 2 margin, w + 2 margin], non-zero = lesion. */
  readonly mask: Uint8Array;
  /** Of the image. */
  readonly shape: readonly [number, number, number];
  /** Pixels round the ROI. */
  readonly margin: number;
  /** Row, column, h, w. */
  readonly box: readonly [number, number, number, number];
  /** Lower and upper end of the intensity window of each phase, [phases, 2]. */
  readonly window: Float32Array;
}

/** The part of core-native's Network that label maps need; tests put a function of their own in its place. */
export interface PatchNetwork {
  /** Patches that share a batch. */
  readonly patchesAtOnce: number;
  predictPatches(request: {
    readonly samples: readonly NetworkInput[];
    /** (sample, row, column) triples. */
    readonly patches: Int32Array;
    readonly signal?: AbortSignal | undefined;
  }): Promise<{
    /** Class index of each patch. */
    readonly classes: Uint8Array;
    /** Softmax output, [patches, classes]. */
    readonly probabilities: Float32Array;
    /** Patches in a batch in the end, where memory did not hold as many as intended. */
    readonly reducedTo?: number;
    /** What else is done otherwise than asked for, and why. */
    readonly notices?: readonly string[];
  }>;
  close(): void;
}
