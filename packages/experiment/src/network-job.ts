import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  dataHash,
  evaluate,
  type FitConfig,
  type FitEvent,
  fit,
  readModelDescription,
} from '@flc-native/classifier';
import { withoutTestLabels } from './blind.js';
import { configOf, type NetworkRow } from './rows.js';
import type { JobContext, JobResult } from './run-job.js';

/** Shares of the work, about: training, label maps to learn from, label maps of the test part. */
const stages = { training: 0.7, maps: 0.2 } as const;

/** Trains the row's network in `dir/run`, or goes on there, and evaluates it. */
export async function runNetwork(row: NetworkRow, context: JobContext): Promise<JobResult> {
  const { prepared, partition, job, signal, onProgress } = context;
  const { settings } = job;
  const runDir = join(job.dir, 'run');
  const config: FitConfig = {
    ...configOf(row, { ...settings.train, seed: settings.seed }),
    labelMapPace: settings.labelMapPace,
    unit: settings.unit,
    ...(row.trainingPace === undefined ? {} : { trainingPace: row.trainingPace }),
  };
  let maxSteps = 1;
  /** What was done otherwise than asked for. */
  const notices: string[] = [];
  const show = (event: FitEvent) => {
    if (event.type === 'notice') notices.push(event.message);
    if (event.type === 'start') {
      maxSteps = event.config.maxSteps;
      notices.push(...event.warnings);
    }
    if (event.type === 'step') onProgress((stages.training * event.step) / maxSteps, 'training');
    if (event.type === 'label-maps')
      onProgress(stages.training + (stages.maps * event.done) / event.total, 'label maps');
  };
  await fit({
    prepared: withoutTestLabels(prepared, partition),
    dataHash: dataHash(prepared),
    partition,
    config,
    runDir,
    // Rows are spread over processes, not the training of one.
    distributed: false,
    resume: existsSync(join(runDir, 'fit.json')),
    signal,
    onEvent: show,
  });
  const bundle = join(runDir, 'model');
  const { training, network } = await readModelDescription(bundle);
  const { device, threads, precision } = training.config;
  const evaluation = await evaluate({
    prepared,
    partition,
    unit: settings.unit,
    bundle,
    device,
    threads,
    precision,
    signal,
    onNotice: (message) => notices.push(message),
    onProgress: (done, total) => {
      const before = stages.training + stages.maps;
      onProgress(before + ((1 - before) * done) / total, 'test part');
    },
  });
  const { steps, bestStep, bestAccuracy, svm } = training;
  const description = {
    ...{ network, steps, bestStep, bestAccuracy, svm, labelMapPace: settings.labelMapPace },
    ...{ config: training.config, trainingPace: row.trainingPace ?? 'Eq. 1' },
    ...(notices.length === 0 ? {} : { notices }),
  };
  return { evaluation, description };
}
