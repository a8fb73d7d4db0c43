import { resolve } from 'node:path';
import { type CaseJob, caseJob } from '../case/case-job.js';
import type { Dataset } from '../dataset/dataset.js';
import {
  type DatasetCase,
  type DatasetConfig,
  type DatasetLesion,
  isSingleSeeds,
} from '../dataset/dataset-schema.js';
import type { PhaseRecord } from './register-phase.js';

/**
 * The description of the registered cohort: names, classes and splits as in the source, paths to the new files. A phase
 * that failed is left out, and so is a case whose reference phase failed.
 */
export function registeredDataset(
  dataset: Dataset,
  records: readonly PhaseRecord[],
): DatasetConfig {
  const { file: _file, root, key: _key, pseudonymKey, ...config } = dataset;
  const byCase = new Map<string, PhaseRecord[]>();
  for (const record of records) {
    byCase.set(record.caseId, [...(byCase.get(record.caseId) ?? []), record]);
  }
  const cases = dataset.cases.flatMap((entry) => {
    const job = caseJob(dataset, entry);
    return registeredCase(entry, job, byCase.get(job.caseId) ?? [], root) ?? [];
  });
  // The key stays where it is: the new dataset.yaml points to it.
  const keyFile = pseudonymKey === undefined ? {} : { pseudonymKey: resolve(root, pseudonymKey) };
  return { ...config, ...keyFile, cases };
}

function registeredCase(
  entry: DatasetCase,
  job: CaseJob,
  records: readonly PhaseRecord[],
  root: string,
): DatasetCase | undefined {
  const reference = records.find(({ phase, reference: name }) => phase === name);
  if (reference === undefined) return undefined;
  const { liver: _, ...rest } = entry;
  return {
    ...rest,
    phases: Object.fromEntries(records.map(({ phase, image }) => [phase, image])),
    ...(reference.liver === null ? {} : { liver: reference.liver }),
    lesions: entry.lesions.map((lesion, i) =>
      withReferenceSeeds(registeredLesion(lesion, job, i, records), root, records),
    ),
  };
}

function registeredLesion(
  lesion: DatasetLesion,
  job: CaseJob,
  index: number,
  records: readonly PhaseRecord[],
): DatasetLesion {
  const { key, phaseMasks } = job.lesions[index] as CaseJob['lesions'][number];
  const masks = records.flatMap(({ phase, masks: written }) =>
    written[key] === undefined ? [] : [[phase, written[key]] as const],
  );
  if (lesion.mask === undefined) return lesion;
  const single = phaseMasks.length === 0 ? masks[0]?.[1] : undefined;
  return { ...lesion, mask: single ?? Object.fromEntries(masks) };
}

/**
 * Seeds on the reference phase stay where they are and then hold for all phases: these lie on the reference now. Seeds on
 * other phases are left out.
 */
function withReferenceSeeds(
  { seeds, ...lesion }: DatasetLesion,
  root: string,
  records: readonly PhaseRecord[],
): DatasetLesion {
  if (seeds === undefined) return lesion;
  const reference = records[0]?.reference ?? '';
  const kept = isSingleSeeds(seeds) ? seeds : seeds[reference];
  if (kept === undefined) return lesion;
  return { ...lesion, seeds: typeof kept === 'string' ? resolve(root, kept) : kept };
}
