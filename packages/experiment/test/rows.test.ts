import { resolveTrainConfig, type TrainConfigOverrides } from '@flc-native/core-native';
import { paperTable2 } from '@flc-native/report';
import { describe, expect, it } from 'vitest';
import { chooseRows } from '../src/choose-rows.js';
import { ablationRows, configOf, type NetworkRow, tableRows } from '../src/rows.js';

const phases = ['NC', 'ART', 'PV'];
const networks = [...tableRows, ...ablationRows(phases)].filter(
  (row): row is NetworkRow => row.kind === 'network',
);
const small: TrainConfigOverrides = {
  network: { widths: [8, 16, 32], depth: 1, roiInput: 96 },
  maxSteps: 300,
};

describe('the rows', () => {
  it('of the table are the paper’s, in its order', () => {
    expect(tableRows.map(({ paperRow }) => paperRow)).toEqual(
      paperTable2.map(({ method }) => method),
    );
  });

  it('are configurations that the addon takes, each another one', () => {
    const configs = networks.map((row) => {
      const config = configOf(row, { maxSteps: 300 });
      const phaseCount = (config.network?.phaseOrder ?? phases).length;
      const network = { ...config.network, phases: phaseCount };
      return JSON.stringify([resolveTrainConfig({ ...config, network }), row.trainingPace]);
    });
    expect(new Set(configs).size).toBe(networks.length);
  });

  it('take the size of the comparison, but keep what makes them themselves', () => {
    const config = (key: string) => {
      const row = networks.find((one) => one.key === key) as NetworkRow;
      return resolveTrainConfig(configOf(row, small));
    };
    expect(config('resglnet')).toMatchObject({
      maxSteps: 300,
      lambda: 0,
      network: { widths: [8, 16, 32], depth: 1, roiInput: 96, phaseFusion: 'concat' },
    });
    expect(config('yasaka')).toMatchObject({
      maxSteps: 300,
      batchSize: 80,
      optimizer: 'adam',
      network: { widths: [8, 16, 32], roiInput: 64, backbone: 'yasaka' },
    });
    // The order is neither the cohort's nor its reverse.
    expect(ablationRows(phases).find(({ key }) => key === 'phases-permuted')).toMatchObject({
      own: { network: { phaseOrder: [1, 2, 0] } },
    });
  });
});

describe('names of methods', () => {
  const keys = (...names: string[]) => chooseRows(names, phases).map(({ key }) => key);

  it('stand for rows and groups, in the order of the table', () => {
    expect(keys('networks')).toEqual([
      ...['resnet-local', 'resglnet', 'resgl-bdlstm-no-intra', 'resgl-bdlstm'],
    ]);
    expect(keys('yasaka', 'roy')).toEqual(['roy', 'yasaka']);
    expect(keys('table2')).toEqual(tableRows.map(({ key }) => key));
    expect(keys('all')).toHaveLength(tableRows.length + ablationRows(phases).length);
  });

  it('bring the row that a decision rests on', () => {
    expect(keys('majority-vote')).toEqual(['resgl-bdlstm', 'majority-vote']);
  });
});
