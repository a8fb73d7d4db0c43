import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Contender } from './contender.mjs';

const peerScript = fileURLToPath(new URL('../peer/peer.py', import.meta.url));
const ourScript = fileURLToPath(new URL('./ours-process.mjs', import.meta.url));

/** The interpreter that has torch 2.11 (with PYTHONPATH where it lies in a folder of its own). */
export const python = process.env.FLC_PYTHON ?? 'python3';

/** Compiled modules are kept outside of the project: without them every peer compiles torch's Python again. */
export function pythonEnvironment() {
  const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env;
  const cache = join(tmpdir(), 'flc-bench-python');
  return { ...env, PYTHONWARNINGS: 'ignore', PYTHONPYCACHEPREFIX: cache };
}

/**
 * Starts and sets up one contender.
 *
 * @param {{ name: string, side: 'ours' | 'peer', variant: string, config?: object }} entry
 * @param {{ task: string, directory: string, threads: number, device?: string, batchSize?: number, stride?: number }} setup
 */
export async function start(entry, setup) {
  const [command, script] =
    entry.side === 'ours' ? [process.execPath, ourScript] : [python, peerScript];
  const contender = new Contender(entry.name, command, [script], {
    ...pythonEnvironment(),
    OMP_NUM_THREADS: String(setup.threads),
  });
  try {
    const facts = await contender.request('setup', {
      ...{ ...setup, variant: entry.variant, config: entry.config },
    });
    return { ...entry, contender, facts };
  } catch (error) {
    await contender.close();
    throw error;
  }
}
