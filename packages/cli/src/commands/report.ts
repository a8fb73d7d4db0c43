import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defineCommand } from '../command.js';
import { required, text, texts, withDefault } from '../option.js';
import { evaluationFile, testEvaluation } from './evaluate.js';
import { defaultSplitsFile } from './split.js';

const options = {
  prepared: required(text('<dir>', 'prepared cohort that was evaluated')),
  run: required(texts('<dir>', 'folder of an evaluated run; one for each partition')),
  evaluation: withDefault(
    text('<name>', 'folder of the evaluation within each run'),
    testEvaluation,
  ),
  splits: text('<file>', 'file of the splits (default: where flc-native split writes it)'),
  out: text(
    '<dir>',
    'folder of the report (default: <run>/report of the first run; report-val for evaluation-val)',
  ),
  title: withDefault(text('<text>', 'of the report'), 'Classification of focal liver lesions'),
};

export const report = defineCommand({
  name: 'report',
  summary: 'write metrics, label maps over the CT and a page of them',
  examples: [
    'flc-native report --prepared prepared --run runs/first',
    'flc-native report --prepared prepared --run runs/set1 --run runs/set2 --out report',
  ],
  options,
  async run(settings, { progress, signal }) {
    const { readEvaluation } = await import('@flc-native/classifier');
    const { readPrepared, readSplits } = await import('@flc-native/pipeline');
    const { metricsJson, metricsText, writeReport } = await import('@flc-native/report');
    const evaluations = [];
    for (const run of settings.run)
      evaluations.push(await readEvaluation(join(run, settings.evaluation, evaluationFile)));
    const prepared = await readPrepared(settings.prepared);
    const splits = await readSplits(settings.splits ?? defaultSplitsFile(settings.prepared));
    const folder = settings.evaluation.replace(testEvaluation, 'report');
    const out = settings.out ?? join(settings.run[0] ?? '.', folder);
    const bar = progress('pictures');
    const { model } = await writeReport({
      outDir: out,
      title: settings.title,
      evaluations,
      prepared,
      splits,
      events: await readEvents(settings.run),
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }).finally(() => bar.stop());
    return {
      json: JSON.parse(metricsJson(model)),
      text: `${metricsText(model)}\nThe report is ${join(out, 'report.html')}`,
    };
  },
});

/** The curves of the trainings; a run that was copied without its events has none. */
async function readEvents(runs: readonly string[]) {
  const { parseEvents } = await import('@flc-native/report');
  const histories = [];
  for (const run of runs) {
    const content = await readFile(join(run, 'events.jsonl'), 'utf8').catch(() => '');
    histories.push({ name: basename(run), events: parseEvents(content) });
  }
  return histories;
}
