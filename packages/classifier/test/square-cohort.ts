import { join } from 'node:path';
import {
  identityDirection,
  makeVolume,
  type Partition,
  type Prepared,
  prepareDataset,
  randomStream,
  readDataset,
  readPrepared,
  type Volume,
  writeDataset,
  writeVolume,
} from '@flc-native/pipeline';

const phases = ['NC', 'ART', 'PV'];
const classes = ['cyst', 'fnh', 'hcc', 'hem'];
/** HU of a lesion by class and phase, far apart, so that a small network learns them in a few steps. */
const means = [
  [0, 0, 0],
  [40, 170, 60],
  [60, 60, 160],
  [-50, 100, 170],
] as const;

export interface SquareCase {
  readonly class: string;
  readonly phases: Volume[];
  readonly mask: Volume;
}

/** A lesion of 14 x 16 pixels in a 40 x 40 x 3 volume. */
export function squareCase(i: number): SquareCase {
  const size = [40, 40, 3] as const;
  const grid = {
    size,
    spacing: [0.8, 0.8, 5],
    origin: [0, 0, 0],
    direction: identityDirection,
  } as const;
  const random = randomStream(i, 'square case');
  const inside = (n: number) => {
    const [x, y, z] = [n % 40, Math.floor(n / 40) % 40, Math.floor(n / 1600)];
    return z === 1 && x >= 10 && x < 26 && y >= 12 && y < 26;
  };
  const n = size[0] * size[1] * size[2];
  const lesion = means[i % classes.length] ?? [0, 0, 0];
  return {
    class: classes[i % classes.length] ?? '',
    phases: lesion.map((hu) =>
      makeVolume(
        grid,
        Int16Array.from({ length: n }, (_, at) => (inside(at) ? hu : 90) + random.normal(0, 10)),
      ),
    ),
    mask: makeVolume(
      grid,
      Uint8Array.from({ length: n }, (_, at) => (inside(at) ? 1 : 0)),
    ),
  };
}

export interface SquareCohort {
  readonly prepared: Prepared;
  readonly partition: Partition;
}

/** Twenty cases, five of each class: two to train on, one to validate, two to test. */
export async function writeSquareCohort(dir: string): Promise<SquareCohort> {
  const cases = [];
  for (let i = 0; i < 20; i++) {
    const { mask, ...one } = squareCase(i);
    const id = `case-${i}`;
    for (const [p, phase] of phases.entries())
      await writeVolume(join(dir, `${id}-${phase}.nii`), one.phases[p] as Volume);
    await writeVolume(join(dir, `${id}-mask.nii`), mask);
    cases.push({
      id,
      patient: id,
      phases: Object.fromEntries(phases.map((phase) => [phase, `${id}-${phase}.nii`])),
      lesions: [{ mask: `${id}-mask.nii`, class: one.class }],
    });
  }
  const file = join(dir, 'dataset.yaml');
  const head = { format: 'flc-dataset', version: 1, modality: 'CT', reference: 'PV' } as const;
  await writeDataset(file, { ...head, phases, classes, cases });
  const out = join(dir, 'prepared');
  await prepareDataset(await readDataset(file), out, { workers: 0 });
  const prepared = await readPrepared(out);
  const patients = prepared.index.cases.map(({ patientId }) => patientId);
  const counts = { train: {}, val: {}, test: {} };
  const partition = {
    name: 'set1',
    train: patients.slice(0, 8),
    val: patients.slice(8, 12),
    test: patients.slice(12),
    counts,
  };
  return { prepared, partition };
}
