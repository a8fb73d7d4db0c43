import { defaultTrainConfig, resolveTrainConfig } from '@flc-native/core-native';
import { describe, expect, it } from 'vitest';
import { networkPresetNames, networkPresets } from '../src/presets.js';

const resolved = (name: keyof typeof networkPresets) => {
  const { pathways, phaseFusion, ...training } = networkPresets[name];
  return resolveTrainConfig({ ...training, network: { pathways, phaseFusion } });
};

describe('the rows of Table 2', () => {
  it('are configurations that the addon takes', () => {
    expect(networkPresetNames).toHaveLength(4);
    for (const name of networkPresetNames)
      expect(resolved(name).network.widths).toEqual([16, 32, 64]);
  });

  it('end with the defaults', () => {
    expect(resolved('resgl-bdlstm')).toEqual(defaultTrainConfig());
    expect(resolved('resgl-bdlstm-no-intra')).toEqual({ ...defaultTrainConfig(), lambda: 0 });
  });
});
