import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { cohortOptions, readCohort } from '../cohort.js';
import { defineCommand } from '../command.js';
import { inferenceOf, inferenceOptions } from '../inference-options.js';
import { choice, integer, required, text, withDefault } from '../option.js';
import { processGroup } from '../process-group.js';

const options = {
  ...cohortOptions,
  run: required(text('<dir>', 'folder of the run')),
  part: withDefault(choice(['test', 'val', 'train'], 'part of the partition'), 'test'),
  unit: withDefault(
    choice(['lesion', 'slice'], "what is classified; the paper's unit is the slice"),
    'lesion',
  ),
  out: text(
    '<dir>',
    'folder of the results (default: <run>/evaluation; of another part or unit <run>/evaluation-val-slice and so on)',
  ),
  ...inferenceOptions,
  processes: integer('processes that share the lesions on the CPU, and its threads', { min: 1 }),
  gpus: integer('processes that share the lesions, each on a GPU of its own', { min: 1 }),
} as const;

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'classify the lesions of the test part and score the classes',
  examples: [
    'flc-native evaluate --prepared prepared --run runs/first',
    'flc-native evaluate --prepared prepared --run runs/first --unit slice --json',
    'flc-native evaluate --prepared prepared --run runs/first --gpus 4',
  ],
  options,
  savesWhenStopped: true,
  async run(settings, { signal, progress, note }) {
    const {
      evaluate: evaluatePart,
      evaluateInProcesses,
      writeEvaluation,
    } = await import('@flc-native/classifier');
    const { buildReport, metricsJson, metricsText, predictionsCsv } = await import(
      '@flc-native/report'
    );
    const { writeFileAtomic } = await import('@flc-native/pipeline');
    const group = processGroup(settings);
    if (group === undefined) await refuseLauncher();
    const cohort = await readCohort(settings);
    const bar = progress('lesions');
    const request = {
      ...cohort,
      part: settings.part,
      unit: settings.unit,
      bundle: join(settings.run, 'model'),
      ...inferenceOf(settings),
      signal,
      onProgress: (done: number, total: number) => bar.update(done, total),
      onNotice: (message: string) => note(`note: ${message}`),
    };
    const result = await (group === undefined
      ? evaluatePart(request)
      : evaluateInProcesses({ ...request, ...group })
    ).finally(() => bar.stop());
    const name = evaluationName(settings);
    const out = settings.out ?? join(settings.run, name);
    await writeEvaluation(join(out, evaluationFile), result);
    const model = buildReport({ title: result.name, evaluations: [result] });
    const metrics = metricsJson(model);
    await writeFileAtomic(join(out, 'metrics.json'), metrics);
    await writeFileAtomic(join(out, 'predictions.csv'), predictionsCsv([result]));
    return {
      json: JSON.parse(metrics),
      text: `${metricsText(model)}\nThe results are in ${out}.${settings.out === undefined ? ` ${next(settings, name)}` : ''}`,
    };
  },
});

/** @throws FlcError INVALID_CONFIG in one of several processes of torchrun or SLURM, which would all do the same */
async function refuseLauncher(): Promise<void> {
  const { resolvePlacement } = await import('@flc-native/core-native');
  const processes = resolvePlacement()?.worldSize ?? 1;
  if (processes === 1) return;
  throw new FlcError(
    'INVALID_CONFIG',
    `evaluate was started ${processes} times by torchrun or SLURM`,
    {
      details: { processes },
      remedy: 'Start it once, with --gpus or --processes; --processes 1 evaluates alone.',
    },
  );
}

/** Where `evaluate` leaves its results within the run unless told otherwise. */
export const testEvaluation = 'evaluation';

/** What is not the test part by lesions has a folder of its own. */
function evaluationName({ part, unit }: { readonly part: string; readonly unit: string }): string {
  const words = [part === 'test' ? '' : part, unit === 'lesion' ? '' : unit];
  return [testEvaluation, ...words.filter((word) => word !== '')].join('-');
}

function next({ prepared, run }: { prepared: string; run: string }, name: string): string {
  const which = name === testEvaluation ? '' : ` --evaluation ${name}`;
  return `Next: flc-native report --prepared ${prepared} --run ${run}${which}`;
}

export const evaluationFile = 'evaluation.json';
