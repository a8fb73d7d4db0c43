import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} name of a program that an npm package brings */
export function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

const started = performance.now();

/**
 * One line of progress, with the time since the start.
 *
 * @param {string} text
 */
export function say(text) {
  process.stdout.write(`[${clock()}] ${text}\n`);
}

/** A stop that needs no stack: the message says all. */
export class Stop extends Error {}

/**
 * Runs a command of the project in its root, its output passed on as it comes.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, capture?: boolean }} [options]
 *   `capture`: the output is also returned
 * @returns {Promise<{ status: number, output: string }>} status 127 if the command is not there
 */
export function run(command, args, options = {}) {
  const { env = {}, capture = false } = options;
  const color = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  // Some tools colour their output even in a log file when CI is set.
  const colors = color ? { FORCE_COLOR: '1', CARGO_TERM_COLOR: 'always' } : { NO_COLOR: '1' };
  const child = spawn(command, args, {
    cwd: root,
    // Nobody is asked anything: no stdin.
    stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      ...colors,
      ...env,
    },
  });
  let output = '';
  for (const [stream, sink] of /** @type {const} */ ([
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])) {
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      sink.write(text);
      output += text;
    });
  }
  return new Promise((done, fail) => {
    child.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code !== 'ENOENT') return fail(error);
      process.stderr.write(`${command} was not found\n`);
      done({ status: 127, output: '' });
    });
    child.on('close', (code) => done({ status: code ?? 1, output: plain(output) }));
  });
}

/** @param {string} text without colours */
function plain(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the control sequence itself
  return text.replace(/\u001b\[[\d;]*m/g, '');
}

function clock() {
  const seconds = Math.floor((performance.now() - started) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
}
