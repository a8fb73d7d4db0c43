import { spawnSync } from 'node:child_process';
import { devices } from '@flc-native/core-native';

/**
 * Where a benchmark of the GPU runs. Without one it ends here with what is missing; under --quick it goes on on the CPU, which
 * shows that everything runs and measures nothing.
 *
 * @param {{ quick: boolean, device?: string }} options
 */
export function gpuOrPlumbing(options) {
  const device = options.device ?? 'cuda';
  const name = device === 'cuda' ? 'cuda:0' : device;
  const known = devices().map((entry) => entry.name);
  if (device.startsWith('cuda') && known.includes(name)) {
    return { device: name, title: 'GPU', gpu: describeGpu(name.slice('cuda:'.length)) };
  }
  const others = `there is ${known.join(', ')}`;
  process.stdout.write(`not measured: no CUDA device (${device} asked for; ${others})\n`);
  if (!options.quick) process.exit(1);
  return { device: 'cpu', title: 'CPU instead of the GPU', gpu: null };
}

/** Name, driver and clocks, as nvidia-smi prints them. */
function describeGpu(index) {
  const fields = [
    ...['name', 'driver_version', 'compute_cap', 'memory.total', 'power.limit'],
    ...['clocks.max.sm', 'clocks.sm', 'clocks.mem', 'utilization.gpu'],
  ];
  const args = ['-i', index, `--query-gpu=${fields.join(',')}`, '--format=csv,noheader'];
  const { stdout, status } = spawnSync('nvidia-smi', args, { encoding: 'utf8' });
  if (status !== 0) return { index };
  const values = stdout.trim().split(', ');
  return { index, ...Object.fromEntries(fields.map((field, i) => [field, values[i]])) };
}
