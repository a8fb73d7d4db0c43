import type { Options, Settings } from './option.js';
import type { Progress } from './progress.js';

/** What a command needs from the process that it runs in. */
export interface Surroundings {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly verbose: boolean;
  /** A line for people, on stderr. */
  note(line: string): void;
  /** A bar with an ETA on a terminal, now and then a line elsewhere; on stderr. */
  progress(title: string): Progress;
}

/** What a command leaves on stdout: text for people, or with --json the value. */
export interface Outcome {
  readonly text: string;
  readonly json: unknown;
  /** 0 unless the command did its work and found something wrong. */
  readonly exitCode?: number;
}

/** A command of the CLI as data; `run` loads what is heavy. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** More lines for the help, after the summary. */
  readonly description?: string;
  readonly examples: readonly string[];
  readonly options: Options;
  /** Whether it must be given time to save its state when it is stopped; what others write is whole or not there at all. */
  readonly savesWhenStopped?: boolean;
  /** Without an outcome nothing is printed: another process has it. */
  run(settings: Settings<Options>, surroundings: Surroundings): Promise<Outcome | undefined>;
}

/** Ties the type of the settings to the table of options. */
export function defineCommand<O extends Options>(
  spec: Omit<CommandSpec, 'options' | 'run'> & {
    readonly options: O;
    run(settings: Settings<O>, surroundings: Surroundings): Promise<Outcome | undefined>;
  },
): CommandSpec {
  return spec as unknown as CommandSpec;
}
