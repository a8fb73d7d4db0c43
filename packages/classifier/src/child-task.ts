import { type ChildProcess, fork } from 'node:child_process';
import { FlcError } from '@flc-native/errors';
import type { FromTask, ToTask } from './task-messages.js';

/** A task in a process of its own: memory and libtorch's threads are its own, and it dies alone. */
export interface ChildTask<Result> {
  readonly finished: Promise<Result>;
  /** Asks it to stop with what it has. */
  cancel(): void;
  /** Ends it at once. */
  kill(): void;
}

/** How a process ended that gave no answer. */
export interface Death {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of its stderr. */
  readonly lastWords: string;
}

export interface ChildTaskOptions<Event> {
  /** Calls `serveTask`. */
  readonly script: URL;
  /** Structured clone takes it. */
  readonly job: unknown;
  readonly onEvent: (event: Event) => void;
  /** The process in words: `the process of rank 1`. */
  readonly name: string;
  readonly deathError: (death: Death) => FlcError;
}

const lastWordsLength = 2000;

/**
 * The compiled script `name` of a package's src folder. Sources run directly (tests) have none beside them; the build's is
 * taken.
 *
 * @param caller `import.meta.url` of a file in src or dist itself
 */
export function taskScript(caller: string, name: string): URL {
  const folder = caller.endsWith('.ts') ? '../dist' : '.';
  return new URL(`${folder}/${name}.js`, caller);
}

/** `finished` rejects with what the task throws, or with `deathError`. */
export function startChildTask<Event, Result>(options: ChildTaskOptions<Event>): ChildTask<Result> {
  const child = fork(options.script, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Label maps are typed arrays.
    serialization: 'advanced',
  });
  const say = (message: ToTask) => {
    // A process that has just died takes none; how it died is told when it is closed.
    if (child.connected) child.send(message, () => {});
  };
  const finished = outcome<Event, Result>(child, options);
  say({ type: 'run', job: options.job });
  return {
    finished,
    cancel: () => say({ type: 'cancel' }),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Settles when the process has ended. */
function outcome<Event, Result>(
  child: ChildProcess,
  { onEvent, name, deathError }: ChildTaskOptions<Event>,
): Promise<Result> {
  let last: FromTask<Event, Result> | undefined;
  let lastWords = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-lastWordsLength);
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromTask<Event, Result>) => {
      if (message.type === 'event') onEvent(message.event);
      else last = message;
    });
    child.on('error', (cause) => {
      reject(new FlcError('INTERNAL', `Could not start ${name}`, { cause }));
    });
    child.on('close', (exitCode, signal) => {
      if (last?.type === 'end') resolve(last.result);
      else if (last?.type === 'error') reject(FlcError.fromJSON(last.error));
      else reject(deathError({ exitCode, signal, lastWords }));
    });
  });
}
