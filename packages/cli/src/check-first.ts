import { FlcError } from '@flc-native/errors';
import type { Dataset, Finding } from '@flc-native/pipeline';
import type { Surroundings } from './command.js';
import { showsNames } from './failure.js';
import { findingLine } from './finding-line.js';

/**
 * Looks at images and masks as `check` does before they are classified: an image with values of another unit, or one image given as
 * two phases, has a class too. Returns what was found, for the warnings of the predictions.
 *
 * @param force also goes on where errors were found
 * @throws FlcError DATA_ERROR for errors, each of which is told on stderr before; CANCELLED
 */
export async function checkFirst(
  dataset: Dataset,
  force: boolean,
  { signal, progress, note, verbose }: Surroundings,
): Promise<readonly Finding[]> {
  const { checkDataset, counted } = await import('@flc-native/pipeline');
  const bar = progress('check');
  const { findings } = await checkDataset(dataset, {
    signal,
    onProgress: ({ done, total }) => bar.update(done, total),
  }).finally(() => bar.stop());
  // Whether phases may lie on other grids depends on the model, and preparing judges that.
  const judged = findings.filter(({ code }) => code !== 'GEOMETRY_MISMATCH');
  const errors = judged.filter(({ severity }) => severity === 'error');
  if (errors.length === 0 || force) return judged;
  for (const finding of errors) note(findingLine(finding, showsNames(verbose)));
  throw new FlcError('DATA_ERROR', `nothing was classified: ${counted(errors.length, 'error')}`, {
    details: { codes: [...new Set(errors.map(({ code }) => code))] },
    remedy: 'correct what is named above; --force classifies all the same, with warnings',
  });
}

/** A prediction with what was found of its case. */
export function withFindings<P extends { readonly warnings: readonly string[] }>(
  prediction: P,
  findings: readonly Finding[],
): P {
  const found = findings.map(({ code, message }) => `${code}: ${message}`);
  return { ...prediction, warnings: [...found, ...prediction.warnings] };
}
