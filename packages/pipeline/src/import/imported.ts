import type { PhaseCandidate } from '../phase-rules/assign-phases.js';

/** Where an input of dataset.yaml comes from; paths are absolute until the dataset is written. */
export type SourceRef =
  | string
  | {
      readonly dicom: string;
      readonly series?: string | undefined;
      readonly acquisition?: number | undefined;
      readonly segment?: number | string | undefined;
      readonly roi?: string | undefined;
    };

/** An image of a case and what is known of its phase. */
export interface ImportedImage extends PhaseCandidate {
  readonly input: SourceRef;
  /** Other texts by which the user may name it in `--phase ART=...`: description, UID. */
  readonly alsoKnownAs?: readonly string[] | undefined;
}

/** A mask of a lesion; where it says neither image nor phase, it is drawn on the reference. */
export interface ImportedMask {
  /** Key of the image that it was drawn on. */
  readonly image?: string | undefined;
  /** What its name says, where no image is known by that; it may be an image that is not here. */
  readonly phase?: string | undefined;
  readonly input: SourceRef;
}

export interface ImportedLesion {
  readonly masks: readonly ImportedMask[];
  readonly label?: number | undefined;
  readonly components?: 'split' | 'merge' | undefined;
  readonly class?: string | null | undefined;
}

export interface ImportedCase {
  /** As it will stand in dataset.yaml; unique in the cohort. */
  readonly id: string;
  readonly patient: string;
  readonly studyDate?: string | undefined;
  readonly images: readonly ImportedImage[];
  readonly liver?: SourceRef | undefined;
  readonly lesions: readonly ImportedLesion[];
  /** A reason to set the case apart although its files are there, such as a mask known to be bad. */
  readonly apart?: string | undefined;
}

/** Something that cannot become a case. `reason` may be shown anywhere; `name` may not. */
export interface SkippedCase {
  readonly name: string;
  readonly reason: string;
}

/** A warning on the whole set or on some cases of it. `message` may be shown anywhere. */
export interface ImportWarning {
  readonly code: string;
  readonly message: string;
  /** Names of the cases it is about, as in dataset.yaml; empty: the whole set. */
  readonly cases: readonly string[];
  /** The file it is about; for a terminal. */
  readonly file?: string | undefined;
  /** Names of cases that would have been right; for a terminal. */
  readonly examples?: readonly string[] | undefined;
}

/** What an adapter reads out of a tree. */
export interface ImportedCohort {
  readonly cases: readonly ImportedCase[];
  readonly skipped: readonly SkippedCase[];
  readonly warnings: readonly ImportWarning[];
  /** Where the files tell it, as DICOM does. */
  readonly modality?: 'CT' | 'MR' | undefined;
  /** Whether some images are phantoms, and say so. */
  readonly synthetic?: boolean | undefined;
}
