import type { SampleImage } from './pictures/sample-image.js';

/** What the report reads of one entry of `prepared/index.json`. */
export interface CohortSample {
  readonly id: string;
  readonly patientId: string;
  readonly lesionId: string;
  /** Null where nobody labelled the lesion. */
  readonly class: string | null;
  readonly areaPixels: number;
  /** True where no patch has the ordinary coverage, so that the threshold was lowered for this sample. */
  readonly coverageLowered: boolean;
}

/** A prepared cohort as the report sees it; pipeline's `Prepared` fits by its shape. */
export interface PreparedCohort<S extends CohortSample = CohortSample> {
  readonly index: {
    /** True for phantoms; the report then says so even if an evaluation does not. */
    readonly synthetic?: boolean;
    readonly phases: readonly string[];
    readonly classes: readonly string[];
    readonly samples: readonly S[];
  };
  loadSample(sample: S): Promise<SampleImage>;
}

/** The division of patients that a report tabulates; pipeline's `Splits` fits by its shape. */
export interface CohortSplits {
  readonly partitions: readonly {
    readonly name: string;
    readonly train: readonly string[];
    readonly val: readonly string[];
    readonly test: readonly string[];
  }[];
}
