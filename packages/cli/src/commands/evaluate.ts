import { join } from 'node:path';
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
  out: text('<dir>', 'folder of the results (default: <run>/evaluation)'),
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
    const out = settings.out ?? evaluationFolder(settings.run);
    await writeEvaluation(join(out, evaluationFile), result);
    const model = buildReport({ title: result.name, evaluations: [result] });
    const metrics = metricsJson(model);
    await writeFileAtomic(join(out, 'metrics.json'), metrics);
    await writeFileAtomic(join(out, 'predictions.csv'), predictionsCsv([result]));
    return {
      json: JSON.parse(metrics),
      text: `${metricsText(model)}\nThe results are in ${out}. Next: flc-native report --prepared ${settings.prepared} --run ${settings.run}`,
    };
  },
});

/** Where `evaluate` leaves its results unless told otherwise. */
export function evaluationFolder(run: string): string {
  return join(run, 'evaluation');
}

export const evaluationFile = 'evaluation.json';
