import { type ChildProcess, fork } from 'node:child_process';
import { FlcError } from '@flc-native/errors';
import type { FromRank, RankTask, RankTasks, ToRank } from './rank-messages.js';

/** A process that does a part of the work. */
export interface RankProcess<Result> {
  readonly finished: Promise<Result>;
  /** Asks it to stop; a fit leaves a checkpoint. */
  cancel(): void;
  /** Ends it at once. */
  kill(): void;
}

export interface StartOptions<Task extends RankTask> {
  readonly rank: number;
  readonly job: RankTasks[Task]['job'];
  readonly onEvent: (event: RankTasks[Task]['event']) => void;
  /** What to do when the process dies. */
  readonly remedy: string;
}

export function startRank<Task extends RankTask>(
  task: Task,
  { job, ...options }: StartOptions<Task>,
): RankProcess<RankTasks[Task]['result']> {
  const child = fork(compiledScript(), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Label maps are typed arrays.
    serialization: 'advanced',
  });
  const say = (message: ToRank) => {
    if (child.connected) child.send(message);
  };
  const finished = outcome<Task>(child, options);
  say({ type: 'run', task, job } as ToRank);
  return {
    finished,
    cancel: () => say({ type: 'cancel' }),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Settles when the process has ended. */
function outcome<Task extends RankTask>(
  child: ChildProcess,
  { rank, onEvent, remedy }: Omit<StartOptions<Task>, 'job'>,
): Promise<RankTasks[Task]['result']> {
  let last: FromRank<Task> | undefined;
  let lastWords = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromRank<Task>) => {
      if (message.type === 'event') onEvent(message.event);
      else last = message;
    });
    child.on('error', (cause) => {
      reject(new FlcError('INTERNAL', `The process of rank ${rank} did not start`, { cause }));
    });
    child.on('close', (exitCode, signal) => {
      if (last?.type === 'end') resolve(last.result);
      else if (last?.type === 'error') reject(FlcError.fromJSON(last.error));
      else reject(death({ rank, exitCode, signal, lastWords }, remedy));
    });
  });
}

function death(
  details: {
    readonly rank: number;
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly lastWords: string;
  },
  remedy: string,
): FlcError {
  const how = details.signal === null ? 'ended unexpectedly' : `was killed by ${details.signal}`;
  return new FlcError('INTERNAL', `The process of rank ${details.rank} ${how}`, {
    details,
    remedy,
  });
}

/** Sources run directly (tests) have no compiled script beside them; the build's is taken. */
function compiledScript(): URL {
  const compiled = !import.meta.url.endsWith('.ts');
  return new URL(compiled ? './rank-process.js' : '../dist/rank-process.js', import.meta.url);
}
