import type { RuntimeReport } from '@flc-native/core-native';
import { expect, it } from 'vitest';
import { cudaFindings } from '../src/cuda-findings.js';

const none: RuntimeReport['cuda'] = {
  ...{ driver: false, loaded: false, reason: null, remedy: null, hasCudart: false, devices: 0 },
  ...{ gpus: [], object: { loaded: false, reason: 'not built' } },
};

it('says nothing of GPUs where there is no driver', () => {
  expect(cudaFindings({ cuda: { ...none, reason: 'libcuda.so.1 is missing' } }, false)).toEqual([]);
});

it('names why no GPU can be used, and what helps', () => {
  const cuda = { ...none, driver: true };
  const reason = 'libtorch_cuda.so: undefined symbol: ncclRecv';
  const remedy = 'flc-native setup --cuda yes';
  expect(cudaFindings({ cuda: { ...cuda, reason, remedy } }, true)).toEqual([
    { severity: 'warning', message: expect.stringContaining(reason), remedy },
  ]);
  expect(cudaFindings({ cuda }, true)[0]).toMatchObject({
    message: expect.stringContaining('CUDA finds no device'),
    remedy: expect.stringContaining('nvidia-smi'),
  });
  expect(cudaFindings({ cuda }, false)[0]?.remedy).toContain('setup --cuda yes');
});

it('names for each GPU what libtorch does in place of our own code', () => {
  const gpus = [
    { name: 'GPU A', fallbacks: [] },
    { name: 'GPU B', fallbacks: ['patches are cut by libtorch: NVRTC knows no sm_130'] },
  ];
  const cuda = { ...none, driver: true, loaded: true, hasCudart: true, devices: 2, gpus };
  const findings = cudaFindings({ cuda }, true);
  expect(findings.map(({ message }) => message)).toEqual([
    'On cuda:1 patches are cut by libtorch: NVRTC knows no sm_130',
  ]);
});
