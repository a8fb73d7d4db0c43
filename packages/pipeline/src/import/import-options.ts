/** Settings of an import; all but `from` and `out` have defaults. */
export interface ImportOptions {
  /** Name of a layout, or `auto`. */
  readonly layout?: string | undefined;
  /** Folder to import from. */
  readonly from: string;
  /** The dataset.yaml to be written. */
  readonly out: string;
  /** Phases of the dataset in their order; default: the layout's, or those that most cases have. */
  readonly phases?: readonly string[] | undefined;
  /** The phase on which masks are drawn; default: PV, or the one with the most masks. */
  readonly reference?: string | undefined;
  /** Overrides: phase -> what the file, folder, description or UID of its images contains. */
  readonly phase?: Readonly<Record<string, string>> | undefined;
  /** Renames classes: term of the set -> name in dataset.yaml. */
  readonly classMap?: Readonly<Record<string, string>> | undefined;
  /**
   * A table of the user: `case` and any of `patient`, `class`, `studydate`, and for overrides
   * `series` with `phase` (empty or `-`: no phase). The phases file of an import is one.
   */
  readonly sheet?: string | undefined;
  /** Modality where the layout does not say it. */
  readonly modality?: 'CT' | 'MR' | undefined;
  /** Whether voxels are looked at where nothing says the phase. */
  readonly byImage?: 'auto' | 'never' | undefined;
  /** What a bounding box becomes: a mask written beside dataset.yaml, or nothing. */
  readonly boxes?: 'mask' | 'none' | undefined;
  /**
   * File of the secret under which pseudonyms are made; written if it is not there, named in
   * dataset.yaml. Default: none, pseudonyms are plain hashes.
   */
  readonly pseudonymKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}
