import type { CheckedCase } from './check-case.js';
import type { CaseFinding } from './finding.js';

interface Occurrence {
  readonly index: number;
  readonly role: string;
  readonly file: string;
}

/**
 * Images that occur more than once, told for each case. Under two patients this is an error: the
 * same image would be on both sides of a split. Returns one list for each case.
 */
export function duplicateFindings(
  cases: readonly (CheckedCase | undefined)[],
  patients: readonly string[],
): CaseFinding[][] {
  const seen = new Map<string, Occurrence>();
  const findings: CaseFinding[][] = cases.map(() => []);
  cases.forEach((entry, index) => {
    for (const { role, hash, file } of entry?.images ?? []) {
      const first = seen.get(hash);
      if (first === undefined) seen.set(hash, { index, role, file });
      else findings[index]?.push(duplicate(first, { index, role, file }, patients));
    }
  });
  return findings;
}

function duplicate(
  first: Occurrence,
  second: Occurrence,
  patients: readonly string[],
): CaseFinding {
  const base = { code: 'DUPLICATE_IMAGE', file: second.file } as const;
  const [a, b] = [patients[first.index], patients[second.index]];
  if (first.index === second.index) {
    return {
      ...base,
      severity: 'error',
      message: `${second.role} holds the same voxels as ${first.role}`,
      remedy: 'one of the two paths in dataset.yaml is wrong',
    };
  }
  if (a !== b) {
    return {
      ...base,
      severity: 'error',
      message: `${second.role} is the same image as ${first.role} of patient ${a} (this one: ${b})`,
      remedy:
        'give both cases the same patient, or remove one: it would leak between parts of a split',
    };
  }
  return {
    ...base,
    severity: 'warning',
    message: `${second.role} is the same image as ${first.role} of another case of the patient`,
    remedy: 'put all lesions of an image into one case',
  };
}
