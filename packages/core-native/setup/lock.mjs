import { spawn } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

// The kernel's lock of a Python child: it goes with its holder, however that ends, so no lock is ever stale.
const holder = `
import fcntl, sys
file = open(sys.argv[1], 'a')
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print('waiting', flush=True)
    fcntl.flock(file, fcntl.LOCK_EX)
print('locked', flush=True)
sys.stdin.read()
`;

/**
 * Runs `work` while no other process on this machine holds the same lock file.
 *
 * @template T
 * @param {string} file made if it is not there; its folder must exist
 * @param {{ onWait?: () => void, signal?: AbortSignal | undefined }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { onWait, signal }, work) {
  const child = spawn('python3', ['-I', '-S', '-c', holder, file], {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  await new Promise((done, fail) => {
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      if (text.includes('waiting')) onWait?.();
      if (text.includes('locked')) done(undefined);
    });
    child.on('error', fail);
    child.on('exit', () => fail(new Error(complaint.trim().split('\n').at(-1) || 'it ended')));
  }).catch((cause) => {
    child.kill();
    if (signal?.aborted) throw new SetupError('CANCELLED', 'the set-up was interrupted', { cause });
    throw new SetupError('IO_ERROR', `cannot lock ${file}: ${cause.message}`, {
      remedy: 'let FLC_HOME name a writable folder on a local disk',
      details: { file },
      cause,
    });
  });
  try {
    return await work();
  } finally {
    child.stdin.end();
  }
}
