import type { TrainConfigOverrides } from '@flc-native/core-native';

/** What every row of a comparison shares; results of other settings are never mixed. */
export interface ComparisonSettings {
  /** Laid over every network row: size, schedule, precision, threads, device. */
  readonly train: TrainConfigOverrides;
  /** Step between the patches of a label map, pixels; the paper's is 1. */
  readonly labelMapPace: number;
  /** What is classified; the paper's unit is the slice. */
  readonly unit: 'lesion' | 'slice';
  /** Of every random draw. */
  readonly seed: number;
  /** Seeds from that one on with which every method is run; default 1. */
  readonly seeds?: number;
  /** Settings of classic methods other than their defaults, by row. */
  readonly classic: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One cell of the table: a method on a partition. */
export interface Job {
  readonly row: string;
  /** Name in the splits. */
  readonly partition: string;
  /** Folder of prepared lesions. */
  readonly prepared: string;
  /** File of the splits. */
  readonly splits: string;
  /** Folder of the job. */
  readonly dir: string;
  readonly settings: ComparisonSettings;
}
