import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  checkDataset,
  type ImportOptions,
  type ImportReport,
  importDataset,
  type PrepareOptions,
  prepareDataset,
  readDataset,
  type Vector3,
  type Volume,
  writeVolume,
} from '../src/index.js';
import { abdomen, boxMask, volumeOf } from './cohort.js';

/** Files of a tree by path: volumes, or text. */
export type Tree = Readonly<Record<string, Volume | string | Buffer>>;

/** Writes a tree below a folder. */
export async function writeTree(root: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(file, content);
    else await writeVolume(file, content);
  }
}

/** A lesion of 12 x 10 x 4 voxels on the test grid. */
export const lesion = boxMask([12, 10, 2], [24, 20, 6]);
/** 1 liver, 2 lesion. */
export const liverAndLesion = volumeOf((x, y, z) => {
  if (x >= 12 && x < 24 && y >= 10 && y < 20 && z >= 2 && z < 6) return 2;
  return x >= 6 && x < 34 && y >= 4 && y < 30 ? 1 : 0;
}, Uint8Array);
export const liver = boxMask([6, 4, 0], [34, 30, 8]);

let seed = 0;
/** An image unlike all others, so that no two are taken for copies. */
export function image(shift: Vector3 = [0, 0, 0]): Volume {
  seed += 1;
  const volume = abdomen(seed % 40, [0, 0, 0]);
  const origin = volume.origin.map((o, i) => o + (shift[i] as number)) as unknown as Vector3;
  volume.data[50] = 40 + seed;
  return { ...volume, origin };
}

export interface Imported {
  readonly report: ImportReport;
  readonly dataset: Awaited<ReturnType<typeof readDataset>>;
  readonly out: string;
}

/** Imports a tree and reads what was written. */
export async function importTree(
  root: string,
  tree: Tree,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const from = join(root, 'set');
  await writeTree(from, tree);
  const out = join(root, 'made', 'dataset.yaml');
  const report = await importDataset({ from, out, ...options });
  return { report, dataset: await readDataset(out), out };
}

/** Checks and prepares an imported dataset; returns findings (code: count), cases and samples. */
export async function checkAndPrepare({ dataset, out }: Imported, options: PrepareOptions = {}) {
  const checked = await checkDataset(dataset, { workers: 0 });
  const findings: Record<string, number> = {};
  for (const { code } of checked.findings) findings[code] = (findings[code] ?? 0) + 1;
  const done = await prepareDataset(dataset, `${out}.prepared`, { workers: 0, ...options });
  return {
    ok: checked.ok,
    findings,
    prepared: done.prepared,
    failed: done.failed.map(({ error }) => error.message),
    samples: done.samples,
  };
}

/** Warnings of a report as code -> number of cases. */
export function warningsOf({ warnings }: ImportReport): Record<string, number> {
  return Object.fromEntries(warnings.map(({ code, caseIds }) => [code, caseIds.length]));
}
