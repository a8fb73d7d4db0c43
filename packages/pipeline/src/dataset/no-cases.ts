import { FlcError } from '@flc-native/errors';

export const noCasesRemedy =
  'list cases in dataset.yaml; an import leaves out those that lack a phase or a mask, and says why';

/** DATA_ERROR for a dataset from which nothing can come. */
export function checkHasCases({ cases }: { readonly cases: readonly unknown[] }): void {
  if (cases.length > 0) return;
  throw new FlcError('DATA_ERROR', 'the dataset has no cases', {
    details: { reason: 'NO_CASES' },
    remedy: noCasesRemedy,
  });
}
