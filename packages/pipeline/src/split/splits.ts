import { z } from 'zod';

/** The three parts of a partition, in this order everywhere. */
export const parts = ['train', 'val', 'test'] as const;

export type Part = (typeof parts)[number];

const classCounts = z.record(z.string(), z.int().nonnegative());
const patientList = z.array(z.string().min(1));

/** Schema of one partition. Entries are patient pseudonyms; `counts` are lesions by part and class. */
export const partitionSchema = z.strictObject({
  name: z.string().min(1),
  train: patientList,
  val: patientList,
  test: patientList,
  counts: z.strictObject({ train: classCounts, val: classCounts, test: classCounts }),
});

/** Schema of splits.json. */
export const splitsSchema = z.strictObject({
  format: z.literal('flc-splits'),
  version: z.literal(1),
  seed: z.int().nonnegative(),
  partitions: z.array(partitionSchema).min(1),
});

/** One division of the patients of a cohort. */
export type Partition = z.infer<typeof partitionSchema>;

/** Contents of splits.json. */
export type Splits = z.infer<typeof splitsSchema>;

/** Lesions by class. */
export type ClassCounts = Record<string, number>;

/** What a split needs to know of a prepared sample. */
export interface SplitSample {
  readonly patientId: string;
  readonly caseId: string;
  readonly lesionId: string;
  /** null if unlabelled; such a sample takes no part in a split. */
  readonly class: string | null;
}
