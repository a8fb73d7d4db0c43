import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { python, pythonEnvironment } from './contenders.mjs';
import { scratchFolder } from './scratch.mjs';

const script = fileURLToPath(new URL('../peer/case_files.py', import.meta.url));

/** Exit code of a benchmark that cannot run here: with --quick, for want of its peer. */
export const skipped = 77;

/**
 * Writes weights and inputs into a temporary folder (bench/peer/case_files.py) and returns it. The folder goes
 * with this process, interrupted or not.
 *
 * @param {{ network: object, patches: number, rois: number, roiSize: number[], seed: number, quick?: boolean }} description
 */
export function writeCase(description) {
  const directory = scratchFolder();
  const args = [script, directory, JSON.stringify(description)];
  const { status, stderr, error } = spawnSync(python, args, {
    env: pythonEnvironment(),
    encoding: 'utf8',
  });
  if (status !== 0) {
    const reason = `${python} with torch 2.11 is needed for the peer (FLC_PYTHON, PYTHONPATH)`;
    if (description.quick && (error || stderr.includes("No module named 'torch'"))) {
      process.stdout.write(`skipped: ${reason}\n`);
      process.exit(skipped);
    }
    throw new Error(`${reason}: ${error?.message ?? stderr}`);
  }
  return directory;
}

/** The paper's network, and a small one that only shows that everything runs. */
export const paperNetwork = { depth: 3, widths: [16, 32, 64], hiddenSize: 64 };
export const quickNetwork = {
  ...{ depth: 1, widths: [16, 32, 64], hiddenSize: 8 },
  ...{ patchInput: 16, roiInput: 24 },
};
