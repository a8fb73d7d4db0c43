import { spawnSync } from 'node:child_process';

/**
 * Lines that a command prints, none if it is missing or fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('./index.d.mts').Environment} env
 */
export function outputLines(command, args, env) {
  // cwd: python3 -c would import a module that lies in the current folder.
  const run = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...env },
    cwd: '/',
    timeout: 20_000,
  });
  return run.status === 0 ? run.stdout.trimEnd().split('\n') : [];
}
