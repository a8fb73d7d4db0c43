// Segments phantom lesions from strokes and compares with the true masks: Dice by class, jointly on all phases and phase
// by phase with the contrast-to-noise ratio. See docs/results/segmentation.md.
//
//   node bench/segmentation.mjs [--quick] [--json FILE] [--markdown FILE] [--lesions N] [--seed N] [--registered]
//
// With --registered the phases are rendered with the generator's motion and registered first; only the joint segmentation is made.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import {
  applyTransform,
  makeVolume,
  marksOfImage,
  planCohort,
  registerVolumes,
  renderCase,
  resolveSegmentation,
  segmentLesion,
} from '@flc-native/pipeline';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';
import { drawStrokes } from './lib/seed-strokes.mjs';
import { segmentationTables } from './lib/segmentation-tables.mjs';

const options = readOptions({
  markdown: { type: 'string' },
  lesions: { type: 'string' },
  seed: { type: 'string', default: '41' },
  registered: { type: 'boolean', default: false },
});
const phases = ['NC', 'ART', 'PV'];
const perClass = Number(options.lesions ?? (options.quick ? 1 : 12));
const seed = Number(options.seed);
/** Phase by phase, the target holds where lesion and liver differ by this many standard deviations of the noise. */
const visible = 2;

const rows = [];
const cohort = planCohort({ cyst: perClass, fnh: perClass, hcc: perClass, hem: perClass }, seed);
const plans = options.quick ? cohort.slice(0, 1) : cohort;
for (const plan of plans) {
  // Without motion the phases lie on each other: what a perfect registration would give.
  const motion = options.registered ? 1 : 0;
  const {
    model,
    images: rendered,
    lesionMasks,
    liverMask,
  } = renderCase(plan, { ...{ seed, phases, full: false, motion } });
  const { grid, latent } = model;
  const volume = (data) => makeVolume(grid, data);
  const truth = lesionMasks[phases.indexOf('PV')];
  const liver = volume(liverMask);
  const images = options.registered ? await registered(rendered.map(volume), liver) : rendered;
  const run = async (shown, within, kind) => {
    const seeds = drawStrokes(grid, shown, truth, liverMask);
    const started = performance.now();
    const { mask, iterations } = await segmentLesion({
      phases: shown.map(volume),
      seeds: marksOfImage(volume(seeds)),
      ...(within ? { within: liver } : {}),
    });
    const seconds = (performance.now() - started) / 1000;
    const { dice, precision, recall } = overlap(mask.data, truth);
    rows.push({
      lesion: plan.id,
      class: plan.class,
      ...kind,
      dice,
      precision,
      recall,
      iterations,
      seconds,
    });
  };
  await run(images, true, { phases: 'joint', liver: true });
  await run(images, false, { phases: 'joint', liver: false });
  // Phase by phase, registration has no part in it.
  for (const [p, phase] of options.registered ? [] : phases.entries()) {
    const contrast =
      Math.abs(latent.lesion[phase] - latent.liver[phase]) / model.noiseStandardDeviation;
    await run([images[p]], true, { phases: phase, liver: true, contrast: round(contrast, 2) });
  }
  process.stderr.write(
    `${plan.id} ${plan.class}: ${rows.findLast(({ liver: within }) => within).dice.toFixed(2)}\n`,
  );
}

const joint = (within) => rows.filter((row) => row.phases === 'joint' && row.liver === within);
const diceOf = (list) => round(median(list.map(({ dice }) => dice)), 3);
const seen = rows.filter(({ contrast }) => contrast >= visible);
const result = {
  synthetic: true,
  quick: options.quick,
  seed,
  registered: options.registered,
  lesions: plans.length,
  settings: resolveSegmentation(),
  joint: diceOf(joint(true)),
  jointWithoutLiver: diceOf(joint(false)),
  visible: seen.length > 0 ? diceOf(seen) : null,
  target: 0.85,
  leastContrast: visible,
  rows: rows.map((row) => ({
    ...row,
    dice: round(row.dice, 3),
    precision: round(row.precision, 3),
    recall: round(row.recall, 3),
    seconds: round(row.seconds, 2),
  })),
  machine: { processor: cpus()[0]?.model, cores: cpus().length, node: process.version },
};
const tables = segmentationTables(result, phases);
process.stdout.write(`${tables}\n`);
if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`);
if (options.markdown) await writeFile(options.markdown, `${tables}\n`);

/** The phases on PV, as `register` leaves them. */
async function registered(volumes, liver) {
  const fixed = volumes[phases.indexOf('PV')];
  const moved = [];
  for (const moving of volumes) {
    if (moving === fixed) moved.push(fixed.data);
    else {
      const { transform } = await registerVolumes({ fixed, moving, liver });
      const onto = { moving, transform, onto: fixed, interpolation: 'linear', fill: -1024 };
      moved.push(applyTransform(onto).data);
    }
  }
  return moved;
}

function overlap(mask, truth) {
  let [both, drawn, real] = [0, 0, 0];
  mask.forEach((v, i) => {
    both += v & truth[i];
    drawn += v;
    real += truth[i];
  });
  return { dice: (2 * both) / (drawn + real), precision: both / drawn, recall: both / real };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
