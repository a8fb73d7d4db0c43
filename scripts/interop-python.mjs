import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './terminal.mjs';

/**
 * A Python that can import torch 2.11: of CPython 3.11 with the unpacked CUDA set on its path, else one with its own torch.
 *
 * @returns {{ command: string, env: Record<string, string> } | undefined}
 */
export function findInteropPython() {
  const site = join(root, '.libtorch');
  const candidates = ['python3', 'python3.11'].flatMap((command) => [
    { command, env: { PYTHONPATH: site } },
    { command, env: {} },
  ]);
  return candidates.find(({ command, env }) => {
    const code = "import torch; assert torch.__version__.split('+')[0] == '2.11.0'";
    // cwd: `python3 -c` would import a module that lies in the current folder.
    const options = { cwd: '/', env: { ...process.env, ...env } };
    return spawnSync(command, ['-c', code], options).status === 0;
  });
}
