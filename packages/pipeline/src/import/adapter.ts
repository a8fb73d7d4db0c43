import type { Volume } from '../volume/volume.js';
import type { ImportedCohort } from './imported.js';
import type { Sheet } from './sheet.js';
import type { SourceTree } from './source-tree.js';

/** How sure an adapter is that a tree is its set, and by what. */
export interface Detection {
  /** 0..1. A named data set has 0.8 or more; the general rules less. */
  readonly confidence: number;
  /** Shown to the user; holds no names of files that could be a patient's. */
  readonly reason: string;
}

/** What adapters get beside the tree. */
export interface ImportContext {
  /** Class names wanted by the user: term of the set -> name in dataset.yaml. */
  readonly classMap: Readonly<Record<string, string>>;
  /** A table of the user with the column `case` and others; see `ImportOptions.sheet`. */
  readonly sheet?: Sheet | undefined;
  readonly boxes: 'mask' | 'none';
  readonly modality?: 'CT' | 'MR' | undefined;
  readonly signal?: AbortSignal | undefined;
  onProgress(done: number, total: number): void;
  /** Writes a mask that the set has in another form beside dataset.yaml; returns its path. */
  writeMask(caseId: string, name: string, mask: Volume): Promise<string>;
}

/** One layout of files: a public data set or a general rule. */
export interface LayoutAdapter {
  /** For `--layout`. */
  readonly name: string;
  readonly title: string;
  readonly modality: 'CT' | 'MR';
  /** Licence of the data, as far as known, and what it asks for. */
  readonly licence: string;
  /** Where the set is described or fetched. */
  readonly source: string;
  /** The files that it looks for, for messages and documentation. */
  readonly form: string;
  /** Phases that dataset.yaml gets unless the user wants others; default: those that most cases have. */
  readonly phases?: readonly string[];
  /** Class list where no lesion has a class; default: that of the paper. */
  readonly classes?: readonly string[];
  /** Undefined if the tree cannot be this layout. Looks at names only. */
  detect(tree: SourceTree): Detection | undefined;
  read(tree: SourceTree, context: ImportContext): Promise<ImportedCohort>;
}
