import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
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

/** The state of a run, undefined if there is none. @throws FlcError CHECKPOINT_CORRUPT */
export async function readFitState(runDir: string): Promise<FitState | undefined> {
  const file = join(runDir, stateFile);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as FitState;
    // Runs of the first release have no trainingPace; theirs was Eq. 1.
    if (state.format === 'flc-fit' && state.version === 1)
      return { ...state, trainingPace: state.trainingPace ?? 'training' };
  } catch {
    // Falls through to the one error below.
  }
  throw new FlcError(
    'CHECKPOINT_CORRUPT',
    'The state of the run is cut short or of another version',
    {
      details: { file },
      remedy: 'Start a new run.',
    },
  );
}

export async function writeFitState(runDir: string, state: FitState): Promise<void> {
  await writeFileAtomic(join(runDir, stateFile), `${JSON.stringify(state, null, 2)}\n`);
}

/** @throws FlcError INVALID_CONFIG if a run is to go on with other data or settings than it was started with */
export function assertSameFit(started: FitState, wanted: FitState): void {
  const keys = ['dataHash', 'partition', 'labelMapPace', 'trainingPace', 'svm'] as const;
  const differing = keys.filter(
    (key) => JSON.stringify(started[key]) !== JSON.stringify(wanted[key]),
  );
  if (differing.length === 0) return;
  throw new FlcError('INVALID_CONFIG', `The run was started with another ${differing.join(', ')}`, {
    details: { differing, partition: started.partition.name, labelMapPace: started.labelMapPace },
    remedy: 'Give what the run was started with, or start a new run.',
  });
}
