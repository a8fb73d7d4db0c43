import { type Random, randomStream } from '@flc-native/pipeline';
import type { EvaluatedLabelMap, EvaluationResult, LesionPrediction } from '../src/evaluation.js';
import type { SampleImage } from '../src/pictures/sample-image.js';
import type { CohortSample, PreparedCohort } from '../src/prepared-cohort.js';
import type { TrainingRecord } from '../src/training-events.js';
import { classes } from './predictions.js';

const margin = 16;
/** HU in NC, ART, PV: enough of the enhancement patterns for pictures that look like lesions. */
const lesionValues: Record<string, [number, number, number]> = {
  cyst: [10, 11, 12],
  fnh: [47, 115, 112],
  hcc: [44, 95, 86],
  hem: [40, 70, 95],
};
const liverValues = [57, 75, 112];

/** A cohort of ellipses in noise with decisions and label maps; deterministic from the seed. */
export function syntheticCohort(lesions: number, seed = 1) {
  const random = randomStream(seed, 'report-test-cohort');
  const images = new Map<string, SampleImage>();
  const samples: CohortSample[] = [];
  const predictions: LesionPrediction[] = [];
  const labelMaps: EvaluatedLabelMap[] = [];
  for (let i = 0; i < lesions; i++) {
    const truth = classes[i % classes.length] as string;
    const h = 9 + random.int(34);
    const w = 9 + random.int(34);
    const caseId = `c${(0x5eed00 + 0x1000 * seed + i).toString(16).padStart(11, '0')}`;
    const id = `${caseId}/1/12`;
    const predicted = random.uniform() < 0.8 ? truth : (classes[random.int(4)] as string);
    const sample = image(random, truth, h, w);
    const map = labelMap(random, id, sample, h, w, classes.indexOf(predicted));
    images.set(id, sample);
    labelMaps.push(map);
    const patientId = `p${(0xabc000 + Math.floor(i / 1.2)).toString(16).padStart(11, '0')}`;
    const lowered = i % 11 === 10;
    samples.push({
      id,
      patientId,
      lesionId: `${caseId}/1`,
      class: i === 5 ? null : truth,
      areaPixels: sample.mask.reduce((a, b) => a + b, 0),
      coverageLowered: lowered,
    });
    const proportions = shares(map);
    predictions.push({
      id: `${caseId}/1`,
      patientId,
      truth: i === 5 ? null : truth,
      predicted,
      probabilities: soften(proportions),
      proportions,
      sliceIds: [id],
      warnings: lowered ? ['no patch with 0.9 coverage: threshold lowered to 0.6'] : [],
    });
  }
  const prepared: PreparedCohort = {
    index: { phases: ['NC', 'ART', 'PV'], classes, samples },
    loadSample: async (sample) => images.get(sample.id) as SampleImage,
  };
  const evaluation: EvaluationResult = {
    classes,
    unit: 'lesion',
    synthetic: true,
    predictions,
    labelMaps,
    provenance: {
      partition: `set${seed}`,
      version: '0.1.0',
      seed,
      config: { network: { widths: [16, 32, 64], depth: 3 }, intraReduction: 'mean' },
      preparedHash: '4b6f0c5d1f0e4f7b9a1c2d3e4f5061728394a5b6c7d8e9f00112233445566778',
    },
  };
  return { prepared, evaluation, events: events(random) };
}

function image(random: Random, name: string, h: number, w: number): SampleImage {
  const height = h + 2 * margin;
  const width = w + 2 * margin;
  const mask = new Uint8Array(height * width);
  const data = new Int16Array(3 * height * width);
  const wobble = random.uniform(0, 6.28);
  for (let p = 0; p < 3; p++) {
    const noise = Float32Array.from({ length: height * width }, () => random.normal(0, 22));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const dy = (y - margin - (h - 1) / 2) / (h / 2);
        const dx = (x - margin - (w - 1) / 2) / (w / 2);
        const radius = Math.hypot(dy, dx) * (1 + 0.12 * Math.sin(3 * Math.atan2(dy, dx) + wobble));
        const at = y * width + x;
        const inside = radius < 1;
        if (inside) mask[at] = 1;
        const smooth = ((noise[at] ?? 0) + (noise[at - 1] ?? 0) + (noise[at - width] ?? 0)) / 1.73;
        const lesion = (lesionValues[name]?.[p] ?? 0) + (name === 'hem' && radius > 0.7 ? 60 : 0);
        data[p * height * width + at] = Math.round(
          (inside ? lesion : (liverValues[p] ?? 0)) + smooth * 0.6,
        );
      }
    }
  }
  return {
    image: data,
    mask,
    shape: [3, height, width],
    margin,
    window: Float32Array.from([-70, 180, -70, 180, -70, 180]),
  };
}

function labelMap(
  random: Random,
  sampleId: string,
  { mask, shape }: SampleImage,
  h: number,
  w: number,
  winner: number,
): EvaluatedLabelMap {
  const other = (winner + 1 + random.int(3)) % 4;
  const border = random.uniform(0.2, 0.9) * w;
  const data = new Int8Array(h * w).fill(-1);
  for (let y = 3; y < h - 3; y++) {
    for (let x = 3; x < w - 3; x++) {
      if (mask[(y + margin) * shape[2] + x + margin] === 0) continue;
      data[y * w + x] = x + random.normal(0, 2) < border ? winner : other;
    }
  }
  data[Math.floor(h / 2) * w + Math.floor(w / 2)] = winner;
  return { sampleId, h, w, data };
}

function shares({ data }: EvaluatedLabelMap): number[] {
  const labelled = data.filter((label) => label >= 0);
  return classes.map((_, c) => labelled.filter((label) => label === c).length / labelled.length);
}

function soften(proportions: readonly number[]): number[] {
  return proportions.map((share) => 0.85 * share + 0.15 / proportions.length);
}

function events(random: Random): TrainingRecord[] {
  const records: TrainingRecord[] = [{ type: 'start' }];
  for (let step = 1; step <= 600; step++) {
    const decay = Math.exp(-step / 150);
    records.push({
      type: 'step',
      step,
      lossLast: 0.25 + 1.2 * decay + random.uniform(0, 0.15),
      lossLocal: 0.4 + decay + random.uniform(0, 0.15),
      lossGlobal: 0.3 + 1.1 * decay + random.uniform(0, 0.15),
      lossIntra: 2 * decay + random.uniform(0, 0.1),
      accuracy: 0.95 - 0.65 * decay + random.uniform(-0.05, 0.05),
    });
    if (step % 50 === 0) {
      records.push({ type: 'evaluation', step, accuracy: 0.88 - 0.6 * decay, best: true });
    }
  }
  records.push({ type: 'end', reason: 'maxSteps', step: 600, bestStep: 550 });
  return records;
}
