import { resolve } from 'node:path';
import { type CaseJob, caseJob } from '../case/case-job.js';
import type { Dataset } from '../dataset/dataset.js';
import type { DatasetCase, DatasetConfig, DatasetLesion } from '../dataset/dataset-schema.js';
import type { PhaseRecord } from './register-phase.js';
import type { RegistrationSettings } from './registration-settings.js';

/**
 * The description of the registered cohort: names, classes and splits as in the source, paths to the new files. A phase
 * that failed is left out, and so is a case whose reference phase failed. The parameters stand in it in full.
 */
export function registeredDataset(
  dataset: Dataset,
  records: readonly PhaseRecord[],
  registration: RegistrationSettings,
): DatasetConfig {
  const { file: _file, root, key: _key, pseudonymKey, ...config } = dataset;
  const byCase = new Map<string, PhaseRecord[]>();
  for (const record of records) {
    byCase.set(record.caseId, [...(byCase.get(record.caseId) ?? []), record]);
  }
  const cases = dataset.cases.flatMap((entry) => {
    const job = caseJob(dataset, entry);
    return registeredCase(entry, job, byCase.get(job.caseId) ?? []) ?? [];
  });
  // The key stays where it is: the new dataset.yaml points to it.
  const keyFile = pseudonymKey === undefined ? {} : { pseudonymKey: resolve(root, pseudonymKey) };
  return { ...config, ...keyFile, registration, cases };
}

function registeredCase(
  entry: DatasetCase,
  job: CaseJob,
  records: readonly PhaseRecord[],
): DatasetCase | undefined {
  const reference = records.find(({ phase, reference: name }) => phase === name);
  if (reference === undefined) return undefined;
  const { liver: _, ...rest } = entry;
  return {
    ...rest,
    phases: Object.fromEntries(records.map(({ phase, image }) => [phase, image])),
    ...(reference.liver === null ? {} : { liver: reference.liver }),
    lesions: entry.lesions.map((lesion, i) =>
      withSeeds(registeredLesion(lesion, job, i, records), job.lesions[i]?.key ?? '', records),
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
 * Seeds where they lie now. Those of the reference phase hold for every phase that has none of its own, since all lie on
 * the reference.
 */
function withSeeds(
  { seeds: _, ...lesion }: DatasetLesion,
  key: string,
  records: readonly PhaseRecord[],
): DatasetLesion {
  const reference = records.find(({ phase, reference: name }) => phase === name)?.seeds[key];
  const carried = records.flatMap(({ phase, reference: name, seeds }) => {
    const own = seeds[key];
    return own === undefined || phase === name ? [] : [[phase, own] as const];
  });
  if (carried.length === 0)
    return reference === undefined ? lesion : { ...lesion, seeds: reference };
  const shared = records.flatMap(({ phase }) =>
    reference === undefined ? [] : [[phase, reference] as const],
  );
  return { ...lesion, seeds: Object.fromEntries([...shared, ...carried]) };
}
