import type { RuntimeReport } from '@flc-native/core-native';
import type { Finding } from './diagnosis.js';

/** What keeps a machine with an NVIDIA driver from full speed; nothing on one without. `cudaLibraries`: libtorch's are there. */
export function cudaFindings(
  { cuda }: Pick<RuntimeReport, 'cuda'>,
  cudaLibraries: boolean,
): Finding[] {
  if (cuda.devices > 0) {
    return cuda.gpus.flatMap(({ fallbacks = [] }, index) =>
      fallbacks.map((message) => ({
        severity: 'warning' as const,
        message: `On cuda:${index} ${message}`,
        remedy: 'Training works, more slowly: `npm run build` makes the CUDA part anew.',
      })),
    );
  }
  if (!cuda.driver) return [];
  const remedy = cudaLibraries
    ? (cuda.remedy ?? 'See what nvidia-smi says; until then the CPU is used.')
    : 'Fetch the GPU libraries: flc-native setup --cuda yes';
  const reason = cuda.reason ?? 'CUDA finds no device';
  const message = `There is an NVIDIA driver, but no GPU can be used: ${reason}`;
  return [{ severity: 'warning', message, remedy }];
}
