import { relative, resolve, sep } from 'node:path';
import { type CaseJob, caseJob } from '../case/case-job.js';
import type { Dataset } from '../dataset/dataset.js';
import {
  type DatasetCase,
  type DatasetConfig,
  type DatasetLesion,
  type ImageSource,
  isSingleMask,
  isSingleSeeds,
  type MaskSource,
  type SeedSource,
} from '../dataset/dataset-schema.js';
import type { CaseRecord, SegmentedMask } from './segment-case.js';

/**
 * The description of the cohort with its new masks: paths to the images of the source as seen from `outDir`, seeds as in
 * the source. A case that failed is left out; a lesion without seeds keeps its mask.
 */
export function segmentedDataset(
  dataset: Dataset,
  outDir: string,
  records: ReadonlyMap<string, CaseRecord>,
): DatasetConfig {
  const { file: _file, root, key: _key, pseudonymKey, ...config } = dataset;
  const moved = (path: string) => relative(outDir, resolve(root, path)).split(sep).join('/');
  const keyFile = pseudonymKey === undefined ? {} : { pseudonymKey: moved(pseudonymKey) };
  const cases = dataset.cases.flatMap((entry) => {
    const job = caseJob(dataset, entry);
    const record = records.get(job.caseId);
    return record === undefined ? [] : [segmentedCase(entry, job, record, moved)];
  });
  return { ...config, ...keyFile, cases };
}

type Move = (path: string) => string;

function segmentedCase(
  entry: DatasetCase,
  job: CaseJob,
  { masks }: CaseRecord,
  moved: Move,
): DatasetCase {
  const source = <S extends ImageSource | MaskSource>(from: S): S =>
    (typeof from === 'string'
      ? moved(from)
      : { ...(from as object), dicom: moved(from.dicom) }) as S;
  const lesion = (from: DatasetLesion, i: number): DatasetLesion => {
    const own = masks.filter((mask) => mask.lesion === job.lesions[i]?.key);
    const { mask, seeds, label, ...rest } = from;
    return {
      ...rest,
      // A new mask holds one value.
      ...(own.length > 0 || label === undefined ? {} : { label }),
      ...(own.length > 0 ? { mask: newMask(own) } : movedMask(mask, source)),
      ...(seeds === undefined ? {} : { seeds: movedSeeds(seeds, moved) }),
    };
  };
  return {
    ...entry,
    phases: mapValues(entry.phases, source),
    ...(entry.liver === undefined ? {} : { liver: source(entry.liver) }),
    lesions: entry.lesions.map(lesion),
  };
}

function newMask(masks: readonly SegmentedMask[]): NonNullable<DatasetLesion['mask']> {
  const joint = masks.find(({ phase }) => phase === null);
  return joint?.mask ?? Object.fromEntries(masks.map(({ phase, mask }) => [phase, mask]));
}

function movedMask(
  mask: DatasetLesion['mask'],
  source: (from: MaskSource) => MaskSource,
): Pick<DatasetLesion, 'mask'> {
  if (mask === undefined) return {};
  return { mask: isSingleMask(mask) ? source(mask) : mapValues(mask, source) };
}

function movedSeeds(
  seeds: NonNullable<DatasetLesion['seeds']>,
  moved: Move,
): NonNullable<DatasetLesion['seeds']> {
  const source = (from: SeedSource) => (typeof from === 'string' ? moved(from) : from);
  return isSingleSeeds(seeds) ? source(seeds) : mapValues(seeds, source);
}

function mapValues<T>(map: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}
