import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparedRow, Comparison, ComparisonSettings } from '@flc-native/experiment';
import { checkDevices } from '../check-devices.js';
import { defineCommand } from '../command.js';
import { differences } from '../differences.js';
import { deviceOptions, networkOptions, trainingOptions } from '../network-options.js';
import { choice, integer, names, required, type Settings, text, withDefault } from '../option.js';
import { trainConfigOf } from '../train-config.js';
import { version } from '../version.js';
import { defaultSplitsFile } from './split.js';

const { depth, widths, hiddenSize, patchInput, roiInput } = networkOptions;
const { preset, maxSteps, evaluateEvery, evaluatePatchesPerLesion, patience } = trainingOptions;

/** What reaches every network row. What makes a row itself (pathways, fusion, loss) is not here. */
const shared = {
  ...{ depth, widths, hiddenSize, patchInput, roiInput },
  ...{ preset, maxSteps, evaluateEvery, evaluatePatchesPerLesion, patience },
  ...deviceOptions,
} as const;

const options = {
  prepared: required(text('<dir>', 'prepared cohort')),
  splits: text('<file>', 'file of the splits (default: where flc-native split writes it)'),
  out: required(text('<dir>', 'folder of the results; an interrupted comparison goes on there')),
  methods: withDefault(names('<name,...>', 'rows, or table2, classic, networks, ablations, all'), [
    'table2',
  ]),
  unit: withDefault(
    choice(['lesion', 'slice'], "what is classified; the paper's unit is the slice"),
    'lesion',
  ),
  seed: withDefault(integer('of every random draw', { min: 0 }), 0),
  seeds: withDefault(integer('every method with so many seeds, from --seed on', { min: 1 }), 1),
  labelMapPace: withDefault(
    integer("step between the patches of a label map, pixels; the paper's is 1", { min: 1 }),
    1,
  ),
  truth: text('<file>', 'truth.json of a phantom cohort, for the row of the oracle'),
  pseudonymKey: text('<file>', 'key of the dataset, where --truth belongs to one with a key'),
  cores: integer('that methods may take together (default: all)', { min: 1 }),
  memory: integer('MiB that methods may take together (default: 3/4 of the machine)', { min: 512 }),
  devices: names('<device,...>', 'networks are spread over these, such as cuda:0,cuda:1'),
  title: withDefault(text('<text>', 'of the report'), 'Comparison on focal liver lesions'),
  ...shared,
} as const;

type CompareSettings = Settings<typeof options>;

export const compare = defineCommand({
  name: 'compare',
  summary: "make the paper's Table 2 for a cohort: every method on the same partitions",
  description:
    'Fits every method on every partition of the splits, classifies each test part once and writes the table with statistics (HTML, Markdown, CSV, JSON). Ctrl-C keeps what is done; the same command goes on.',
  examples: [
    'flc-native compare --prepared prepared --out comparison',
    'flc-native compare --prepared prepared --out comparison --methods resgl-bdlstm,yasaka,xu-2016',
    'flc-native compare --prepared prepared --out small --methods all --widths 8,16,32 --depth 1 --max-steps 300 --label-map-pace 3',
  ],
  options,
  savesWhenStopped: true,
  async run(settings, { signal, progress, note }) {
    const { compare: runAll } = await import('@flc-native/experiment');
    const { comparisonJson, comparisonText, writeComparison } = await import('@flc-native/report');
    const splitsFile = settings.splits ?? defaultSplitsFile(settings.prepared);
    await checkDevices(settings.devices ?? []);
    const truth = await readTruth(settings);
    const bar = progress('comparison');
    const started = performance.now();
    const comparison = await runAll({
      prepared: settings.prepared,
      splits: splitsFile,
      out: settings.out,
      methods: settings.methods,
      settings: comparisonSettings(settings),
      ...(settings.cores === undefined ? {} : { cores: settings.cores }),
      ...(settings.memory === undefined ? {} : { memory: settings.memory }),
      ...(settings.devices === undefined ? {} : { devices: settings.devices }),
      ...(truth === undefined ? {} : { truth }),
      signal,
      onProgress: ({ done, total, note: words }) =>
        bar.update(percentDone(done, total), 100, words),
    }).finally(() => bar.stop());
    for (const { title, missing } of comparison.rows)
      for (const { partition, code, message, remedy } of missing)
        note(
          `missing ${title}, ${partition}: ${code} ${message}${remedy === undefined ? '' : `\n  remedy: ${remedy}`}`,
        );
    const pictures = progress('report');
    const { prepared } = comparison;
    const { model } = await writeComparison({
      outDir: settings.out,
      title: settings.title,
      classes: prepared.index.classes,
      synthetic: prepared.index.synthetic,
      entries: await entriesOf(comparison.rows),
      prepared,
      splits: comparison.splits,
      caption: await captionOf(settings),
      provenance: await provenanceOf(settings, comparison),
      signal,
      onProgress: ({ done, total }) => pictures.update(done, total),
    }).finally(() => pictures.stop());
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const failed = comparison.rows.some(({ missing }) => missing.length > 0);
    return {
      exitCode: failed ? 1 : 0,
      json: JSON.parse(comparisonJson(model)),
      text: `${comparisonText(model)}\nDone in ${seconds} s. The report is ${join(settings.out, 'comparison.html')}`,
    };
  },
});

function percentDone(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((1000 * done) / total) / 10;
}

function comparisonSettings(settings: CompareSettings): ComparisonSettings {
  const { seed, seeds, unit, labelMapPace } = settings;
  const repeated = seeds === 1 ? {} : { seeds };
  return { train: networkSettings(settings), labelMapPace, unit, seed, ...repeated, classic: {} };
}

/** Only what was given; the rest is the row's and the addon's. */
function networkSettings(settings: CompareSettings) {
  const known = Object.fromEntries(
    Object.entries(settings).filter(([key]) => Object.hasOwn(shared, key)),
  );
  return trainConfigOf(known as Parameters<typeof trainConfigOf>[0]);
}

/** The truth is the phantoms' own file; the key is only needed where the dataset has one. */
async function readTruth({ truth, pseudonymKey }: CompareSettings) {
  if (truth === undefined) return undefined;
  const pipeline = await import('@flc-native/pipeline');
  const key =
    pseudonymKey === undefined ? undefined : await pipeline.readPseudonymKey(pseudonymKey);
  return { truth: await pipeline.readTruth(truth), ...(key === undefined ? {} : { key }) };
}

/** Rows as the report takes them, with the curves of their trainings. */
async function entriesOf(rows: readonly ComparedRow[]) {
  const { parseEvents } = await import('@flc-native/report');
  const entries = [];
  for (const { runs, seconds, ...row } of rows) {
    const events = [];
    for (const [partition, run] of Object.entries(runs)) {
      const content = await readFile(join(run, 'events.jsonl'), 'utf8').catch(() => '');
      events.push({ name: `${row.title}, ${partition}`, events: parseEvents(content) });
    }
    entries.push({ ...row, ...(seconds === null ? {} : { seconds }), events });
  }
  return entries;
}

/** Names what is smaller than the paper's, or that nothing is. */
async function captionOf(settings: CompareSettings): Promise<string> {
  const { defaultTrainConfig } = await import('@flc-native/core-native');
  const { device: _device, threads: _threads, ...paper } = defaultTrainConfig();
  const changed = differences(
    { ...networkSettings(settings), labelMapPace: settings.labelMapPace },
    { ...paper, labelMapPace: 1 },
  );
  if (changed.length === 0) return "Networks have the paper's size and schedule.";
  return `Networks differ from the paper's in ${changed.join('; ')}.`;
}

async function provenanceOf(settings: CompareSettings, { prepared, partitions }: Comparison) {
  const { dataHash } = await import('@flc-native/classifier');
  return {
    version: version(),
    node: process.versions.node,
    seed: settings.seed,
    ...(settings.seeds === 1 ? {} : { seeds: settings.seeds }),
    unit: settings.unit,
    labelMapPace: settings.labelMapPace,
    partitions: [...partitions],
    networks: networkSettings(settings),
    dataHash: dataHash(prepared),
  };
}
