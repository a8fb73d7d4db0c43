/** Settings of methods that look at patches of 7 x 7 pixels. */
export interface PatchSettings {
  readonly coverage: number;
  readonly patchesPerClass: number;
  readonly maxIterations: number;
}

export const patchSettings: PatchSettings = {
  coverage: 0.9,
  patchesPerClass: 30_000,
  maxIterations: 500,
};

export const patchSettingDocs = {
  coverage: 'share of a 7 x 7 patch (step 1) that must lie in the mask (ours)',
  patchesPerClass: 'patches drawn of a class to learn words from (authors)',
  maxIterations: 'most iterations of k-means (authors)',
} as const;
