import { type ChildProcess, fork } from 'node:child_process';
import { FlcError } from '@flc-native/errors';
import type { FitEvent, FitResult } from './fit.js';
import type { FromRank, RankJob, ToRank } from './rank-messages.js';

/** A process of a fit. */
export interface RankProcess {
  readonly finished: Promise<FitResult>;
  /** Asks it to stop with a checkpoint. */
  cancel(): void;
  /** Ends it at once. */
  kill(): void;
}

export function startRank(job: RankJob, onEvent: (event: FitEvent) => void): RankProcess {
  const child = fork(compiledScript(), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const say = (message: ToRank) => {
    if (child.connected) child.send(message);
  };
  const finished = outcome(child, job.distributed.rank, onEvent);
  say({ type: 'run', job });
  return {
    finished,
    cancel: () => say({ type: 'cancel' }),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Settles when the process has ended. */
function outcome(
  child: ChildProcess,
  rank: number,
  onEvent: (event: FitEvent) => void,
): Promise<FitResult> {
  let last: FromRank | undefined;
  let lastWords = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromRank) => {
      if (message.type === 'event') onEvent(message.event);
      else last = message;
    });
    child.on('error', (cause) => {
      reject(new FlcError('INTERNAL', `The process of rank ${rank} did not start`, { cause }));
    });
    child.on('close', (exitCode, signal) => {
      if (last?.type === 'end') resolve(last.result);
      else if (last?.type === 'error') reject(FlcError.fromJSON(last.error));
      else reject(death({ rank, exitCode, signal, lastWords }));
    });
  });
}

function death(details: {
  readonly rank: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly lastWords: string;
}): FlcError {
  const how = details.signal === null ? 'ended unexpectedly' : `was killed by ${details.signal}`;
  return new FlcError('INTERNAL', `The process of rank ${details.rank} ${how}`, {
    details,
    remedy: 'Resume the run: it goes on from its checkpoint, with any number of processes.',
  });
}

/** Sources run directly (tests) have no compiled script beside them; the build's is taken. */
function compiledScript(): URL {
  const compiled = !import.meta.url.endsWith('.ts');
  return new URL(compiled ? './rank-process.js' : '../dist/rank-process.js', import.meta.url);
}
