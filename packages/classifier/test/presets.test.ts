import { defaultTrainConfig, resolveTrainConfig } from '@flc-native/core-native';
import { describe, expect, it } from 'vitest';
import { networkPresetNames, networkPresets, overlay, trainingPresets } from '../src/presets.js';

const resolved = (name: keyof typeof networkPresets) => resolveTrainConfig(networkPresets[name]);

describe('the rows of Table 2', () => {
  it('are configurations that the addon takes', () => {
    expect(networkPresetNames).toHaveLength(6);
    for (const name of networkPresetNames)
      expect(resolved(name).network.widths).toEqual([16, 32, 64]);
  });

  it('end with the defaults', () => {
    expect(resolved('resgl-bdlstm')).toEqual(defaultTrainConfig());
    expect(resolved('resgl-bdlstm-no-intra')).toEqual({ ...defaultTrainConfig(), lambda: 0 });
  });
});

describe('how a network is trained', () => {
  it('is by the paper unless asked otherwise', () => {
    expect(resolveTrainConfig(trainingPresets.paper)).toEqual(defaultTrainConfig());
    const robust = overlay(trainingPresets.robust, networkPresets.resglnet);
    expect(resolveTrainConfig(robust)).toMatchObject({
      intraReduction: 'mean',
      roiDraw: 'classes',
      network: { phaseFusion: 'concat', pathways: 'both' },
    });
  });
});
