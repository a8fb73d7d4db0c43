import type { Partition, Prepared } from '@flc-native/pipeline';

/** The cohort without the classes of the test part: what a method may see before it is scored. */
export function withoutTestLabels(prepared: Prepared, partition: Partition): Prepared {
  const hidden = new Set(partition.test);
  const samples = prepared.index.samples.map((sample) =>
    hidden.has(sample.patientId) ? { ...sample, class: null } : sample,
  );
  return { ...prepared, index: { ...prepared.index, samples } };
}
