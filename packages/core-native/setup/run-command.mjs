import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SetupError } from './setup-error.mjs';

/**
 * Runs a command without a shell and without input.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{
 *   env: import('./index.d.mts').Environment,
 *   signal?: AbortSignal | undefined,
 *   onLine?: (line: string) => void,
 * }} options
 * @returns {Promise<{ status: number | null, stderr: string }>}
 */
export async function runCommand(command, args, { env, signal, onLine }) {
  const child = spawn(command, args, {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => onLine?.(line));
  const status = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  }).catch((cause) => {
    if (signal?.aborted) {
      throw new SetupError('CANCELLED', 'the set-up was interrupted', {
        remedy: 'run it again; it goes on where it stopped',
        cause,
      });
    }
    throw new SetupError('IO_ERROR', `cannot run ${command}: ${cause.message}`, { cause });
  });
  return { status, stderr };
}
