/** What a fit begins with: a new run, or what an interrupted one was started with. */
import { join } from 'node:path';
import { resolveTrainConfig, type TrainConfig } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
import { dataHash } from './cohort.js';
import type { FitOptions } from './fit.js';
import { assertSameFit, type FitState, readRunFile, type TrainedNetwork } from './fit-state.js';

/** The training of a run that needs no more; one that ended at its last step goes on if more are allowed now. */
export function finishedTraining(
  { trained }: FitState,
  { maxSteps }: TrainConfig,
): TrainedNetwork | undefined {
  const mayGoOn = trained?.reason === 'maxSteps' && maxSteps > trained.steps;
  return mayGoOn ? undefined : trained;
}

/** What a run that goes on was started with need not be given again. */
export function wantedState(
  { prepared, partition, config, ...options }: FitOptions,
  found?: FitState,
): FitState {
  return {
    format: 'flc-fit',
    version: 1,
    dataHash: options.dataHash ?? dataHash(prepared),
    partition: { name: partition.name, train: partition.train, val: partition.val },
    labelMapPace: config.labelMapPace ?? found?.labelMapPace ?? 1,
    trainingPace: config.trainingPace ?? found?.trainingPace ?? 'training',
    svm: config.svm ?? found?.svm ?? { kernel: 'rbf' },
    unit: config.unit ?? found?.unit ?? 'lesion',
  };
}

/** @throws FlcError INVALID_CONFIG if there is a run where a new one is asked for, or none to go on with */
export function checkStart(
  options: FitOptions,
  found: FitState | undefined,
  wanted: FitState,
): void {
  const details = { file: options.runDir };
  if (options.resume && found === undefined) {
    throw new FlcError('INVALID_CONFIG', 'There is no run to go on with in this folder', {
      details,
      remedy: 'Leave out resume to start a run.',
    });
  }
  if (!options.resume && found !== undefined) {
    throw new FlcError('INVALID_CONFIG', 'There is a run in this folder already', {
      details,
      remedy: 'Go on with it (resume), or choose another folder.',
    });
  }
  if (found !== undefined) assertSameFit(found, wanted);
}

/** The whole configuration: of a run that goes on, what it was started with, overlaid with what is given now. */
export async function trainConfig(options: FitOptions, goesOn: boolean): Promise<TrainConfig> {
  const {
    labelMapPace: _pace,
    trainingPace: _grid,
    svm: _svm,
    unit: _unit,
    network,
    ...given
  } = options.config;
  const saved = goesOn ? await savedConfig(options.runDir) : undefined;
  const { index } = options.prepared;
  const phaseOrder = network?.phaseOrder ?? saved?.network.phaseOrder;
  return resolveTrainConfig({
    background: index.background,
    ...saved,
    ...given,
    network: {
      ...saved?.network,
      ...network,
      phases: (phaseOrder ?? index.phases).length,
      classes: index.classes.length,
    },
  });
}

/** The run's config.json; undefined if the run was stopped before it was written. @throws FlcError CHECKPOINT_CORRUPT */
async function savedConfig(runDir: string): Promise<TrainConfig | undefined> {
  return await readRunFile<TrainConfig>(join(runDir, 'config.json'));
}
