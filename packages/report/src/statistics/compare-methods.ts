import { type Random, randomStream } from '@flc-native/pipeline';
import { holm } from './holm.js';
import { exactMcNemar } from './mcnemar.js';
import { type Decisions, eachLesionOnce, pairDecisions } from './paired-decisions.js';
import { type PairedDifference, pairedDifference } from './paired-difference.js';

/** The reference method against another one. Differences are reference minus other, shares in -1..1. */
export interface MethodComparison extends PairedDifference {
  readonly method: string;
  /** Lesions compared, each once. */
  readonly lesions: number;
  /** Of these: right by the reference alone, by the other alone. */
  readonly onlyReference: number;
  readonly onlyOther: number;
  readonly mcNemar: number;
  /** Both p-values corrected by Holm over all comparisons of the table. */
  readonly correctedMcNemar: number;
  readonly correctedPValue: number;
  /**
   * Smallest true difference that such a cohort finds with a power of 80 % at the 5 % level, two-sided, before the
   * correction: (1.96 + 0.84) standard errors of the paired difference. Null where there is no interval.
   */
  readonly detectable: number | null;
}

/** 0.975 and 0.8 quantiles of the standard normal distribution. */
const detection = 1.959963984540054 + 0.8416212335729143;

/** Tests one method against each of the others. Methods that share no lesion with it are left out. */
export function compareMethods(
  reference: readonly Decisions[],
  others: readonly { readonly method: string; readonly decisions: readonly Decisions[] }[],
  options: { readonly draws: number; readonly random?: () => Pick<Random, 'int'> },
): MethodComparison[] {
  // Each comparison draws the same signs: adding a method to the table changes no other row.
  const random = options.random ?? (() => randomStream(0, 'sign-flip'));
  const rows = others.flatMap(({ method, decisions }) => {
    const pairs = pairDecisions(reference, decisions);
    if (pairs.length === 0) return [];
    const once = eachLesionOnce(pairs);
    const onlyReference = once.filter((of) => of.firstRight && !of.secondRight).length;
    const onlyOther = once.filter((of) => of.secondRight && !of.firstRight).length;
    const paired = pairedDifference(pairs, { draws: options.draws, random: random() });
    const { standardError } = paired;
    return [
      {
        method,
        ...paired,
        lesions: once.length,
        onlyReference,
        onlyOther,
        mcNemar: exactMcNemar(onlyReference, onlyOther),
        detectable: standardError === null ? null : detection * standardError,
      },
    ];
  });
  const mcNemar = holm(rows.map((row) => row.mcNemar));
  const corrected = holm(rows.map((row) => row.pValue));
  return rows.map((row, i) => ({
    ...row,
    correctedMcNemar: mcNemar[i] as number,
    correctedPValue: corrected[i] as number,
  }));
}
