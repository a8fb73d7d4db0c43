import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
import type { Unit } from './lesions.js';
import type { PacePolicy } from './patch-selection.js';

/** What a run was started on, and how far it came: the run's fit.json. */
export interface FitState {
  readonly format: 'flc-fit';
  readonly version: 1;
  readonly dataHash: string;
  readonly partition: { readonly name: string; readonly train: string[]; readonly val: string[] };
  readonly labelMapPace: number;
  readonly trainingPace: PacePolicy;
  readonly svm: { readonly kernel: 'rbf' | 'linear' };
  readonly unit: Unit;
  /** Once the network is trained; label maps and SVM follow. */
  readonly trained?: TrainedNetwork;
}

export interface TrainedNetwork {
  readonly steps: number;
  readonly bestStep: number;
  readonly bestAccuracy: number;
  readonly reason: string;
}

const stateFile = 'fit.json';

/** The state of a run, undefined if there is none. @throws FlcError IO_ERROR, CHECKPOINT_CORRUPT */
export async function readFitState(runDir: string): Promise<FitState | undefined> {
  const file = join(runDir, stateFile);
  const state = await readRunFile<FitState>(file);
  if (state === undefined) return undefined;
  if (state.format !== 'flc-fit' || state.version !== 1) throw corrupt(file);
  // Earlier runs have neither; theirs were Eq. 1 and lesions.
  return {
    ...state,
    trainingPace: state.trainingPace ?? 'training',
    unit: state.unit ?? 'lesion',
  };
}

/** A JSON file of a run, undefined if it is not there. @throws FlcError IO_ERROR, CHECKPOINT_CORRUPT */
export async function readRunFile<T>(file: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FlcError('IO_ERROR', 'A file of the run cannot be read', {
      details: { file },
      remedy: 'Check who may read the folder of the run.',
      cause,
    });
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw corrupt(file, cause);
  }
}

function corrupt(file: string, cause?: unknown): FlcError {
  return new FlcError(
    'CHECKPOINT_CORRUPT',
    'A file of the run is cut short or of another version',
    {
      details: { file },
      remedy: 'Start a new run.',
      cause,
    },
  );
}

export async function writeFitState(runDir: string, state: FitState): Promise<void> {
  await writeFileAtomic(join(runDir, stateFile), `${JSON.stringify(state, null, 2)}\n`);
}

/** @throws FlcError INVALID_CONFIG if a run is to go on with other data or settings than it was started with */
export function assertSameFit(started: FitState, wanted: FitState): void {
  const keys = ['dataHash', 'partition', 'labelMapPace', 'trainingPace', 'svm', 'unit'] as const;
  const differing = keys.filter(
    (key) => JSON.stringify(started[key]) !== JSON.stringify(wanted[key]),
  );
  if (differing.length === 0) return;
  throw new FlcError('INVALID_CONFIG', `The run was started with another ${differing.join(', ')}`, {
    details: { differing, partition: started.partition.name, labelMapPace: started.labelMapPace },
    remedy: 'Give what the run was started with, or start a new run.',
  });
}
