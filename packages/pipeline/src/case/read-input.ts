import { stat } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import type { CaseFinding } from '../check/finding.js';
import { chooseStack } from '../dicom/choose-stack.js';
import { readDicomStack } from '../dicom/read-dicom-stack.js';
import { readDicomSegmentation } from '../dicom/read-segmentation.js';
import { readStructureSet } from '../dicom/read-structure-set.js';
import { filesBelow, scanFiles } from '../dicom/scan-dicom.js';
import type { DicomStack } from '../dicom/stack.js';
import { ioError } from '../storage/atomic-file.js';
import { reorientToLps } from '../volume/geometry.js';
import { readVolume } from '../volume/read-volume.js';
import type { Grid, Volume } from '../volume/volume.js';
import type { CaseInput, DicomSource } from './case-job.js';

export interface ReadInputOptions {
  /** The grid of the image on which a mask is drawn; DICOM masks have none of their own. */
  readonly onto?: Grid | undefined;
  /** Called with what is worth a word but no error. */
  readonly onWarning?: ((finding: CaseFinding) => void) | undefined;
}

/**
 * Reads an input of a case, in any form that dataset.yaml knows, in LPS order. Errors are those of
 * `readVolume`, `readDicomStack`, `readDicomSegmentation` and `readStructureSet`; `details.file` is
 * the file at fault where it is known, within a DICOM folder too.
 */
export async function readInput(
  { file, source }: CaseInput,
  { onto, onWarning }: ReadInputOptions = {},
): Promise<Volume> {
  if (source === undefined) return reorientToLps(await readVolume(file));
  if (source.kind === 'mask') {
    if (onto !== undefined) return reorientToLps(await readMask(file, source, onto, onWarning));
    throw new FlcError('DATA_ERROR', 'a DICOM mask needs the image on which it is drawn', {
      details: { file },
      remedy: 'correct the image of that phase first',
    });
  }
  const stack = await inputStack(file, source);
  for (const finding of stack.findings) if (finding.severity === 'warning') onWarning?.(finding);
  return reorientToLps(await readDicomStack(stack));
}

async function readMask(
  file: string,
  { segment, roi }: Extract<DicomSource, { kind: 'mask' }>,
  onto: Grid,
  onWarning?: (finding: CaseFinding) => void,
): Promise<Volume> {
  if (roi !== undefined) return readStructureSet(file, roi, onto, onWarning);
  if (segment !== undefined) return readDicomSegmentation(file, segment, onto, onWarning);
  const { structureSets } = await scanFiles(file, [file]);
  const read = structureSets.length > 0 ? readStructureSet : readDicomSegmentation;
  return read(file, undefined, onto, onWarning);
}

/** The files of a DICOM source that a change may come from: all below a folder. IO_ERROR. */
export async function sourceFiles(file: string): Promise<string[]> {
  try {
    return (await stat(file)).isDirectory() ? await filesBelow(file) : [file];
  } catch (cause) {
    throw cause instanceof FlcError ? cause : ioError('reading a DICOM source failed', file, cause);
  }
}

/** The one stack that a source names. DATA_ERROR if there is none or several. */
export async function inputStack(
  file: string,
  choice: Extract<DicomSource, { kind: 'series' }>,
): Promise<DicomStack> {
  return chooseStack(await scanFiles(file, await sourceFiles(file)), choice, file);
}
