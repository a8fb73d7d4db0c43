import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  type Dataset,
  type DatasetInput,
  identityDirection,
  makeVolume,
  type PrepareOptions,
  prepareDataset,
  readDataset,
  readVolume,
  type Vector3,
  type Volume,
  type VoxelData,
  writeDataset,
  writeVolume,
} from '../src/index.js';

/** A folder that is removed after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flc-pipeline-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const size: Vector3 = [40, 36, 8];
const spacing: Vector3 = [0.75, 0.75, 5];
const origin: Vector3 = [-15, -20, 100];

/** A volume on the test grid from a function of the voxel index. */
export function volumeOf(
  value: (x: number, y: number, z: number) => number,
  array: new (length: number) => VoxelData = Int16Array,
  grid: Partial<Pick<Volume, 'size' | 'spacing' | 'origin' | 'direction'>> = {},
): Volume {
  const extent = grid.size ?? size;
  const data = new array(extent[0] * extent[1] * extent[2]);
  let at = 0;
  for (let z = 0; z < extent[2]; z += 1) {
    for (let y = 0; y < extent[1]; y += 1) {
      for (let x = 0; x < extent[0]; x += 1) data[at++] = value(x, y, z);
    }
  }
  return makeVolume({ size: extent, spacing, origin, direction: identityDirection, ...grid }, data);
}

/** HU with no two equal slices, phases or cases: the left columns are air. */
export function abdomen(seed = 0, shift: Vector3 = [0, 0, 0]): Volume {
  return volumeOf((x, y, z) => {
    const [u, v, w] = [x - shift[0], y - shift[1], z - shift[2]];
    return x < 3 ? -1000 : 40 + seed + ((u * 7 + v * 13 + w * 29) % 50);
  });
}

/** 1 in a box of voxels (upper bounds excluded). */
export function boxMask(
  low: Vector3,
  high: Vector3,
  array: new (length: number) => VoxelData = Uint8Array,
): Volume {
  return volumeOf(
    (x, y, z) =>
      x >= low[0] && x < high[0] && y >= low[1] && y < high[1] && z >= low[2] && z < high[2]
        ? 1
        : 0,
    array,
  );
}

export const phases = ['NC', 'ART', 'PV'] as const;
export const classes = ['cyst', 'fnh', 'hcc', 'hem'];

export interface CaseFiles {
  readonly id: string;
  readonly patient?: string;
  readonly volumes?: Partial<Record<(typeof phases)[number], Volume>>;
  readonly mask?: Volume;
  readonly class?: string | null;
}

/** Writes cases as NIfTI with a dataset.yaml; returns the path of the latter. */
export async function writeCohort(
  folder: string,
  cases: readonly CaseFiles[],
  change: (dataset: DatasetInput) => void = () => undefined,
): Promise<string> {
  const dataset: DatasetInput = {
    format: 'flc-dataset',
    version: 1,
    modality: 'CT',
    intensity: { window: [-70, 180] },
    phases: [...phases],
    reference: 'PV',
    classes,
    cases: [],
  };
  for (const [i, entry] of cases.entries()) {
    const paths: Record<string, string> = {};
    for (const [p, phase] of phases.entries()) {
      paths[phase] = `${entry.id}/${phase}.nii.gz`;
      const volume = entry.volumes?.[phase] ?? abdomen(100 * i + 10 * p);
      await writeVolume(join(folder, paths[phase]), volume);
    }
    const mask = `${entry.id}/lesion.nii.gz`;
    await writeVolume(join(folder, mask), entry.mask ?? boxMask([12, 10, 2], [24, 20, 6]));
    dataset.cases.push({
      id: entry.id,
      patient: entry.patient ?? `patient of ${entry.id}`,
      phases: paths,
      lesions: [{ mask, label: 1, class: entry.class === undefined ? 'hcc' : entry.class }],
    });
  }
  change(dataset);
  const file = join(folder, 'dataset.yaml');
  await writeDataset(file, dataset);
  return file;
}

/** Makes cohorts below a folder, each with a folder of its own to prepare it into. */
export function preparableCohorts(folder: string) {
  let count = 0;
  return async (ids = ['a', 'b', 'c'], change?: (dataset: DatasetInput) => void) => {
    count += 1;
    const root = join(folder, String(count));
    const cases = ids.map((id) => ({ id }));
    const file = await writeCohort(root, cases, change);
    const dataset = await readDataset(file);
    const out = join(root, 'prepared');
    const prepare = (options: PrepareOptions = {}, from: Dataset = dataset) =>
      prepareDataset(from, out, { workers: 0, ...options });
    return { root, file, dataset, out, prepare };
  };
}

/** Two phases of a case in files of one size and time, and a dataset.yaml that confuses them. */
export async function confusedPhases(dataset: Dataset, root: string): Promise<Dataset> {
  const confused = structuredClone(dataset);
  const right = dataset.cases[0]?.phases ?? {};
  for (const phase of ['NC', 'ART']) {
    const volume = await readVolume(join(root, right[phase] as string));
    right[phase] = `${phase}.nii`;
    await writeVolume(join(root, `${phase}.nii`), volume);
    await utimes(join(root, `${phase}.nii`), 1e9, 1e9);
  }
  Object.assign(confused.cases[0]?.phases ?? {}, { NC: 'ART.nii', ART: 'NC.nii' });
  return confused;
}
