import { haralickNames } from '@flc-native/imaging';
import type { SamplePixels } from '@flc-native/pipeline';
import { defineMethod } from '../core/define-method.js';
import type { LesionDescriber, LesionFeatures, PhaseLayout } from '../core/describer.js';
import type { LesionPixels } from '../core/lesion-pixels.js';
import { type MachineSettings, machineSettingDocs, machineSettings } from '../core/machine.js';
import { StandardScale } from '../core/standard-scale.js';
import { lesionTexture } from './lesion-texture.js';
import { type LiverLevels, liverLevels, liverWarnings } from './liver-level.js';

interface Settings extends MachineSettings {
  readonly levels: number;
}

/** Density, texture, and how both change from the first phase on. */
export const roy2014 = defineMethod<Settings>({
  name: 'roy',
  title: 'Roy et al. 2014 [3]',
  citation:
    'S. Roy, Y. Chi, J. Liu, S. K. Venkatesh, M. S. Brown: Three-dimensional spatiotemporal features for fast ' +
    'content-based retrieval of focal liver lesions. IEEE Trans. Biomed. Eng. 61, 2014',
  settings: { levels: 32, ...machineSettings },
  settingDocs: {
    levels: 'grey levels that the intensity window is divided into (ours)',
    ...machineSettingDocs,
  },
  deviations: [
    'Original: four phases of a volume, for retrieval; its features are described by their names alone. Here: density as ' +
      'mean lesion over mean liver, seven features of co-occurrence, and the differences of both to the first phase, for ' +
      'an SVM.',
    'Co-occurrence in the four directions of a slice at distance 1, pooled over slices, in place of 13 in a volume: slices ' +
      'are 5 to 7 mm apart.',
    'The liver is that of the mask; without one the median of the soft tissue (pixels within the intensity window) 5 to 15 ' +
      'pixels from the lesion, with a warning. Where there is none of either, or its level is not above 0, the density ' +
      'means nothing, which a warning says too.',
    'Features are brought to mean 0 and standard deviation 1 over the train lesions: they have different units.',
    'No re-implementation by the authors of the table is known.',
  ],
  async learn({ lesions, read, layout, progress }, { levels }) {
    const rows: Float64Array[] = [];
    for (const lesion of lesions) {
      rows.push(rawFeatures(await read(lesion), layout, levels).values);
      progress('features', rows.length, lesions.length);
    }
    return describer(StandardScale.learn(rows), layout, levels);
  },
  load: (json, { levels }, layout) => describer(StandardScale.load(json), layout, levels),
});

function describer(scale: StandardScale, layout: PhaseLayout, levels: number): LesionDescriber {
  return {
    summary: { features: featureNames(layout).length },
    async describe(lesion) {
      const { values, warnings } = rawFeatures(lesion, layout, levels);
      return { values: scale.apply(values), warnings };
    },
    toJSON: () => scale,
  };
}

/** What {@link rawFeatures} are, in their order. */
function featureNames({ all }: PhaseLayout): string[] {
  const perPhase = ['density', ...haralickNames];
  return [
    ...all.flatMap((phase) => perPhase.map((name) => `${name} ${phase}`)),
    ...all.slice(1).flatMap((phase) => perPhase.map((name) => `${name} ${phase} - 0`)),
  ];
}

function rawFeatures(
  { slices, samples }: LesionPixels,
  { all }: PhaseLayout,
  levels: number,
): LesionFeatures {
  const livers = slices.map((slice, i) =>
    liverLevels(slice, samples[i]?.liverMeanSource ?? 'slice'),
  );
  const warnings = liverWarnings(livers);
  const ofPhase = all.map((phase) => {
    const texture = lesionTexture(slices, phase, levels);
    if (texture === undefined && phase === 0) warnings.push('no two pixels touch: no texture');
    return [density(slices, livers, phase), ...(texture ?? new Float64Array(haralickNames.length))];
  });
  const first = ofPhase[0] ?? [];
  const changes = ofPhase
    .slice(1)
    .flatMap((values) => values.map((value, i) => value - (first[i] as number)));
  return { values: Float64Array.from([...ofPhase.flat(), ...changes]), warnings };
}

/** The lesion's mean over the liver's, both over all slices by their area. */
function density(
  slices: readonly SamplePixels[],
  livers: readonly LiverLevels[],
  phase: number,
): number {
  let [lesion, liver] = [0, 0];
  for (const [i, { image, mask }] of slices.entries()) {
    const level = livers[i]?.levels[phase] as number;
    const offset = phase * mask.length;
    for (const [at, inside] of mask.entries()) {
      if (inside === 0) continue;
      lesion += image[offset + at] as number;
      liver += level;
    }
  }
  // Water has 0 HU and few livers are that dark: a wrong region rather, and a ratio would mean nothing.
  return liver > 0 ? lesion / liver : 0;
}
