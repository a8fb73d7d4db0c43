import { defaultTrainConfig } from '@flc-native/core-native';
import { describe, expect, it } from 'vitest';
import { deviceOptions, networkOptions, trainingOptions } from '../src/network-options.js';
import { resolveSettings } from '../src/settings.js';
import { trainConfigOf } from '../src/train-config.js';

const options = { ...networkOptions, ...trainingOptions, ...deviceOptions };

describe('the settings of the network', () => {
  it('have the defaults in their help that the addon has', () => {
    const { network, ...training } = defaultTrainConfig();
    const values: Record<string, unknown> = { ...training, ...network };
    const shown = Object.entries(options).filter(
      ([key, { defaultText }]) => key !== 'network' && defaultText !== 'by --network',
    );
    expect(shown.length).toBeGreaterThan(20);
    // 0 threads stand for all cores, no order for that of the cohort, and no preset for the paper's.
    const own: Record<string, string> = { threads: '0', phaseOrder: 'all', preset: 'paper' };
    for (const [key, { defaultText }] of shown) {
      const expected = own[key] ?? String(values[key]);
      expect(Number(defaultText) === Number(expected) || defaultText === expected, key).toBe(true);
    }
  });

  it('reach the addon under its own names, and nothing else does', async () => {
    const given = {
      ...{ network: 'resglnet', widths: '4,6,8', lossWeights: '1,0,0', maxSteps: '7' },
      ...{ device: 'cpu', seed: '3' },
    };
    const settings = await resolveSettings({ ...options }, given, undefined);
    expect(trainConfigOf({ ...settings, run: 'r', prepared: 'p' } as typeof settings)).toEqual({
      lambda: 0,
      lossWeights: { last: 1, local: 0, global: 0 },
      maxSteps: 7,
      device: 'cpu',
      seed: 3,
      network: { pathways: 'both', phaseFusion: 'concat', widths: [4, 6, 8] },
    });
  });

  it('lay nothing down where nothing was given', async () => {
    expect(trainConfigOf(await resolveSettings(options, {}, undefined))).toEqual({ network: {} });
  });
});
