import type { FitOptions, FitResult } from '@flc-native/classifier';
import { FlcError, toFlcError } from '@flc-native/errors';
import { cohortOptions, readCohort } from '../cohort.js';
import { defineCommand } from '../command.js';
import { percent } from '../format.js';
import { deviceOptions, networkOptions, trainingOptions } from '../network-options.js';
import {
  choice,
  defaultElsewhere,
  flag,
  integer,
  number,
  required,
  type Settings,
  text,
} from '../option.js';
import { processGroup } from '../process-group.js';
import { shellWord } from '../shell-word.js';
import { showFitEvents } from '../show-fit-events.js';
import { trainConfigOf } from '../train-config.js';

const options = {
  ...cohortOptions,
  run: required(text('<dir>', 'folder of the run, such as runs/first')),
  resume: flag('go on with an interrupted run; its settings need not be given again'),
  force: flag('with --resume: also with another number of threads, which ends bit-equality'),
  labelMapPace: defaultElsewhere(
    integer('step between the patches of a label map, pixels', { min: 1 }),
    "1, the paper's",
  ),
  trainingPace: defaultElsewhere(
    integer('step between the patches that the network learns from, pixels', { min: 1 }),
    'Eq. 1 of the paper',
  ),
  svmKernel: defaultElsewhere(choice(['rbf', 'linear'], 'of the support vector machine'), 'rbf'),
  ...networkOptions,
  ...trainingOptions,
  ...deviceOptions,
  processes: integer('processes that train together on the CPU and share its threads', { min: 1 }),
  gpus: integer('processes that train together, each on a GPU of its own', { min: 1 }),
  processTimeout: defaultElsewhere(
    number('seconds that a process waits for another one', { min: 1 }),
    '300',
  ),
} as const;

export const train = defineCommand({
  name: 'train',
  summary: 'train the network and fit the machine on its label maps',
  description:
    'Trains the network, makes the label maps of train and val and fits the support vector machine. Ctrl-C leaves a checkpoint.',
  examples: [
    'flc-native train --prepared prepared --run runs/first',
    'flc-native train --prepared prepared --run runs/resglnet --network resglnet --partition set2',
    'flc-native train --config train.yaml --max-steps 500',
    'flc-native train --prepared prepared --run runs/first --resume',
    'flc-native train --prepared prepared --run runs/first --gpus 4',
    'torchrun --no-python --nproc-per-node 4 -- npx flc-native train --prepared prepared --run runs/first',
  ],
  options,
  savesWhenStopped: true,
  async run(settings, surroundings) {
    const { prepared, partition } = await readCohort(settings);
    const show = showFitEvents(surroundings);
    let result: FitResult;
    try {
      result = await fitAs(settings, {
        prepared,
        partition,
        runDir: settings.run,
        config: {
          ...trainConfigOf(settings),
          ...(settings.labelMapPace === undefined ? {} : { labelMapPace: settings.labelMapPace }),
          ...(settings.trainingPace === undefined ? {} : { trainingPace: settings.trainingPace }),
          ...(settings.svmKernel === undefined ? {} : { svm: { kernel: settings.svmKernel } }),
        },
        resume: settings.resume,
        force: settings.force,
        signal: surroundings.signal,
        onEvent: show.event,
      });
    } catch (thrown) {
      throw withResumeCommand(toFlcError(thrown), settings);
    } finally {
      show.stop();
    }
    // Rank 0 has the result.
    if (result.rank > 0) return undefined;
    const { bundle: _bundle, rank: _rank, ...json } = result;
    return { json, text: describe(result, settings) };
  },
});

/** In processes that are started here, or as the process that torchrun or SLURM has started; else alone. */
async function fitAs(settings: TrainSettings, options: FitOptions): Promise<FitResult> {
  const { processTimeout } = settings;
  const group = processGroup(settings);
  const { fit, fitInProcesses } = await import('@flc-native/classifier');
  const { resolvePlacement } = await import('@flc-native/core-native');
  const timeout = processTimeout === undefined ? {} : { timeoutSeconds: processTimeout };
  if (group === undefined) {
    const placement = resolvePlacement();
    return fit({
      ...options,
      distributed: placement === null ? false : { ...placement, ...timeout },
    });
  }
  if (group.on === 'cpu' && group.processes === 1) return fit({ ...options, distributed: false });
  return fitInProcesses({ ...options, ...timeout, ...group });
}

type TrainSettings = Settings<typeof options>;

function describe(result: FitResult, settings: TrainSettings): string {
  const { svm } = result;
  const lines = [
    `Trained ${result.steps} steps (${result.reason}); best validation patch accuracy ${percent(result.bestAccuracy)} at step ${result.bestStep}.`,
  ];
  if (svm !== null)
    lines.push(
      `SVM (${svm.kernel}, C ${svm.C}${svm.gamma === null ? '' : `, gamma ${svm.gamma}`}): validation lesion accuracy ${percent(svm.validationAccuracy)}.`,
      ...svm.notes,
    );
  if (result.synthetic) lines.push('Synthetic data: these numbers say nothing about patients.');
  lines.push(
    `The model is in ${result.bundle}. Next: flc-native evaluate --prepared ${settings.prepared} --run ${settings.run}`,
  );
  return lines.join('\n');
}

/** An interruption says how to go on. */
function withResumeCommand(error: FlcError, settings: TrainSettings): FlcError {
  if (error.code !== 'CANCELLED') return error;
  const parts = [
    'flc-native train --resume',
    `--prepared ${shellWord(settings.prepared)}`,
    ...(settings.splits === undefined ? [] : [`--splits ${shellWord(settings.splits)}`]),
    ...(settings.partition === undefined ? [] : [`--partition ${settings.partition}`]),
    `--run ${shellWord(settings.run)}`,
    ...(settings.processes === undefined ? [] : [`--processes ${settings.processes}`]),
    ...(settings.gpus === undefined ? [] : [`--gpus ${settings.gpus}`]),
  ];
  return new FlcError('CANCELLED', 'Stopped; what was done is saved.', {
    details: error.details,
    remedy: `Go on with: ${parts.join(' ')}`,
    cause: error,
  });
}
