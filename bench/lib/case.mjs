import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python } from './contenders.mjs';

const script = fileURLToPath(new URL('../peer/case_files.py', import.meta.url));

/**
 * Writes weights and inputs into a temporary folder (bench/peer/case_files.py) and returns it. The folder goes
 * with this process, interrupted or not.
 *
 * @param {object} description
 */
export function writeCase(description) {
  const directory = mkdtempSync(join(tmpdir(), 'flc-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const env = { ...process.env, PYTHONWARNINGS: 'ignore', PYTHONDONTWRITEBYTECODE: '1' };
  const args = [script, directory, JSON.stringify(description)];
  const { status, stderr, error } = spawnSync(python, args, { env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(
      `${python} with torch 2.11 is needed for the peer (FLC_PYTHON, PYTHONPATH): ${error?.message ?? stderr}`,
    );
  }
  return directory;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** The paper's network, and a small one that only shows that everything runs. */
export const paperNetwork = { depth: 3, widths: [16, 32, 64], hiddenSize: 64 };
export const quickNetwork = { depth: 1, widths: [16, 32, 64], hiddenSize: 8 };
