import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FlcError, FlcErrorJson } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';

/** An error for the folder of results. Names of patients hide in paths, so the file stays out. */
export function stored(error: FlcError): FlcErrorJson {
  const { file: _file, ...details } = error.details;
  return { ...error.toJSON(), details };
}

/** How a job ended: its folder's job.json. An interrupted job has none and goes on. */
export interface JobState {
  readonly format: 'flc-comparison-job';
  readonly version: 1;
  readonly seconds: number;
  /** What the method chose and how it was set. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Null if evaluation.json is there. */
  readonly error: FlcErrorJson | null;
}

const stateFile = 'job.json';
export const evaluationFile = 'evaluation.json';

/** The state of a job that ended; undefined if it did not, or its file cannot be read. */
export async function readJobState(dir: string): Promise<JobState | undefined> {
  try {
    const state = JSON.parse(await readFile(join(dir, stateFile), 'utf8')) as JobState;
    return state.format === 'flc-comparison-job' && state.version === 1 ? state : undefined;
  } catch {
    return undefined;
  }
}

export async function writeJobState(
  dir: string,
  state: Omit<JobState, 'format' | 'version'>,
): Promise<void> {
  const stored: JobState = { format: 'flc-comparison-job', version: 1, ...state };
  await writeFileAtomic(join(dir, stateFile), `${JSON.stringify(stored, null, 2)}\n`);
}
