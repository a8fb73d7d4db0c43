import type { Partition } from '@flc-native/pipeline';

/** A partition with a seed. The report averages over the seeds of a partition before it looks at partitions. */
export interface Repeat {
  /** The partition's name, with the seed where there are several. */
  readonly name: string;
  /** Name in the splits. */
  readonly of: string;
  /** Under the name of the repeat. */
  readonly partition: Partition;
  readonly seed: number;
}

/** Every partition with every seed from the first on. */
export function repeatsOf(
  partitions: readonly Partition[],
  firstSeed: number,
  seeds: number,
): Repeat[] {
  return partitions.flatMap((partition) =>
    Array.from({ length: seeds }, (_, i) => {
      const seed = firstSeed + i;
      const name = seeds === 1 ? partition.name : `${partition.name}-seed-${seed}`;
      return { name, of: partition.name, partition: { ...partition, name }, seed };
    }),
  );
}
