import type { Dataset } from '@flc-native/pipeline';
import { showsNames } from './failure.js';

/** What stderr may call a case: as dataset.yaml does on a terminal or with `--verbose`, else by its pseudonym. */
export async function caseNames(
  dataset: Dataset,
  verbose: boolean,
): Promise<(caseId: string) => string> {
  if (!showsNames(verbose)) return (caseId) => caseId;
  const { caseByPseudonym } = await import('@flc-native/pipeline');
  return (caseId) => caseByPseudonym(dataset, caseId)?.id ?? caseId;
}
