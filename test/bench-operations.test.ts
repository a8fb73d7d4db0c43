import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labelMap, trainingStep } from '../bench/lib/operations.mjs';

/** What torch.utils.flop_counter of PyTorch 2.11 counts (reference/count_operations.py). */
const counted = JSON.parse(
  readFileSync(new URL('reference/operations.json', import.meta.url), 'utf8'),
) as {
  config: object;
  patches: number;
  rois: number;
  trainingStep: number;
  labelMap: number;
}[];

describe.each(counted)('operations of %j', ({ config, patches, rois, ...expected }) => {
  it('of a training step are those that PyTorch counts', () => {
    expect(trainingStep(config, { patches, rois }).operations).toBe(expected.trainingStep);
  });

  it('of a label map are those that PyTorch counts', () => {
    expect(labelMap(config, { patches }).operations).toBe(expected.labelMap);
  });
});

it('bytes halve with the size of a number', () => {
  const batch = { patches: 100, rois: 10 };
  expect(trainingStep({}, batch, 4).bytes).toBe(2 * trainingStep({}, batch, 2).bytes);
});
