import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { defineCommand, type Surroundings } from '../command.js';
import { demoSettings, paperSettings } from '../demo-settings.js';
import { differences } from '../differences.js';
import { integer, type Settings, text, withDefault } from '../option.js';
import { duration } from '../progress.js';
import { showFitEvents } from '../show-fit-events.js';

const options = {
  out: withDefault(text('<dir>', 'folder for everything that the demo makes'), 'demo'),
  seed: withDefault(integer('of the phantoms and the training', { min: 0 }), demoSettings.seed),
  lesions: withDefault(integer('phantom lesions', { min: 24 }), demoSettings.lesions),
  maxSteps: withDefault(integer('training steps at most', { min: 1 }), demoSettings.fit.maxSteps),
};

type DemoChoices = Settings<typeof options>;

export const demo = defineCommand({
  name: 'demo',
  summary: 'all of it on synthetic lesions, in a few minutes',
  description:
    'Makes synthetic lesions, trains on a part of them, classifies those it has never seen and writes a report. The numbers say nothing about patients.',
  examples: ['flc-native demo', 'flc-native demo --out demo-2 --seed 2'],
  options,
  savesWhenStopped: true,
  async run(settings, surroundings) {
    const begin = performance.now();
    const cohort = await makeCohort(settings, surroundings);
    const run = await trainModel(settings, cohort, surroundings);
    const { model, page } = await judge(settings, cohort, run, surroundings);
    const { metricsJson, metricsText } = await import('@flc-native/report');
    const seconds = (performance.now() - begin) / 1000;
    const changes = await otherThanPaper(settings);
    return {
      json: {
        synthetic: true,
        seconds,
        otherThanPaper: changes,
        ...(JSON.parse(metricsJson(model)) as object),
      },
      text: [
        metricsText(model),
        'Other than in the paper, so that it takes minutes:',
        ...changes.map((line) => `  ${line}`),
        '',
        `Done in ${duration(seconds)}. The report is ${page}`,
      ].join('\n'),
    };
  },
});

/** Phantoms, prepared and divided. What an earlier demo with the same choices left is used again. */
async function makeCohort({ out, seed, lesions }: DemoChoices, surroundings: Surroundings) {
  const { signal, note, progress } = surroundings;
  const pipeline = await import('@flc-native/pipeline');
  const folder = join(out, `phantoms-${lesions}-${seed}`);
  const dataset = join(folder, 'dataset.yaml');
  note(`1/5 synthetic cohort: ${lesions} lesions`);
  if (!existsSync(dataset)) {
    const bar = progress('phantoms');
    await pipeline
      .generatePhantom({
        out: folder,
        lesions,
        seed,
        size: demoSettings.caseSize,
        signal,
        onProgress: ({ done, total }) => bar.update(done, total),
      })
      .finally(() => bar.stop());
  }
  note('2/5 prepare and split by patient');
  const dir = join(out, `prepared-${lesions}-${seed}`);
  const bar = progress('prepare');
  await pipeline
    .prepareDataset(
      await pipeline.readDataset(dataset),
      dir,
      {},
      {
        signal,
        onProgress: ({ done, total }) => bar.update(done, total),
      },
    )
    .finally(() => bar.stop());
  const prepared = await pipeline.readPrepared(dir);
  const { fractions } = demoSettings;
  const splits = pipeline.splitByPatient(prepared.index.samples, {
    partitions: 1,
    fractions,
    seed,
  });
  await pipeline.writeSplits(join(out, `prepared-${lesions}-${seed}-splits.json`), splits);
  const [partition] = splits.partitions;
  if (partition === undefined) throw new FlcError('INTERNAL', 'The split has no partition.');
  return { prepared, splits, partition };
}

type Cohort = Awaited<ReturnType<typeof makeCohort>>;

async function trainModel(
  { out, seed, maxSteps }: DemoChoices,
  { prepared, partition }: Cohort,
  surroundings: Surroundings,
) {
  const { fit } = await import('@flc-native/classifier');
  const run = nextRun(out);
  surroundings.note('3/5 train the network, then label maps and the support vector machine');
  const show = showFitEvents(surroundings);
  await fit({
    prepared,
    partition,
    runDir: run,
    distributed: false,
    config: { ...demoSettings.fit, maxSteps, seed },
    signal: surroundings.signal,
    onEvent: show.event,
  }).finally(() => show.stop());
  return run;
}

/** Earlier runs stay: run-1, run-2, ... */
function nextRun(out: string): string {
  for (let i = 1; ; i++) {
    const run = join(out, `run-${i}`);
    if (!existsSync(run)) return run;
  }
}

async function judge(
  { out }: DemoChoices,
  { prepared, splits, partition }: Cohort,
  run: string,
  { signal, note, progress }: Surroundings,
) {
  const { evaluate } = await import('@flc-native/classifier');
  const { parseEvents, writeReport } = await import('@flc-native/report');
  const { readFile } = await import('node:fs/promises');
  note('4/5 classify the lesions of patients that the model has not seen');
  const bar = progress('lesions');
  const evaluation = await evaluate({
    prepared,
    partition,
    bundle: join(run, 'model'),
    signal,
    onProgress: (done, total) => bar.update(done, total),
  }).finally(() => bar.stop());
  note('5/5 report');
  const events = parseEvents(await readFile(join(run, 'events.jsonl'), 'utf8'));
  const { model } = await writeReport({
    outDir: join(out, 'report'),
    title: 'flc-native demo on synthetic lesions',
    evaluations: [evaluation],
    prepared,
    splits,
    events: [{ name: 'demo', events }],
    signal,
  });
  return { model, page: join(out, 'report', 'report.html') };
}

async function otherThanPaper({ lesions, maxSteps }: DemoChoices): Promise<string[]> {
  const { defaultTrainConfig } = await import('@flc-native/core-native');
  const { caseSize, fit } = demoSettings;
  const paper = { ...paperSettings, ...defaultTrainConfig() };
  return differences({ lesions, caseSize, ...fit, maxSteps }, paper);
}
