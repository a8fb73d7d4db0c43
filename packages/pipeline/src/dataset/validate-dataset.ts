import { FlcError, suggest } from '@flc-native/errors';
import type { z } from 'zod';
import {
  type DatasetConfig,
  type DatasetLesion,
  datasetSchema,
  isSingleMask,
  isSingleSeeds,
  knownKeys,
} from './dataset-schema.js';

/** How many problems an error lists; the rest is counted. */
const maxListed = 10;

/**
 * Checks a parsed dataset.yaml. INVALID_CONFIG lists what is wrong and where; names of cases and
 * paths are told by their position, so the message may be shown anywhere.
 */
export function validateDataset(raw: unknown, file?: string): DatasetConfig {
  const result = datasetSchema.safeParse(raw);
  const problems = result.success
    ? crossChecks(result.data)
    : result.error.issues.flatMap(describeIssue);
  if (result.success && problems.length === 0) return withDefaults(result.data);
  const more = problems.length - maxListed;
  const listed = problems.slice(0, maxListed).join('; ') + (more > 0 ? `; and ${more} more` : '');
  throw new FlcError('INVALID_CONFIG', `dataset.yaml is not valid: ${listed}`, {
    details: { ...(file === undefined ? {} : { file }), problems: problems.slice(0, 100) },
    remedy: 'correct the named places; the reference of dataset.yaml lists all keys',
  });
}

function withDefaults(config: DatasetConfig): DatasetConfig {
  if (config.intensity !== undefined) return config;
  const intensity = config.modality === 'CT' ? { window: ctWindow } : { percentile: mrPercentile };
  return { ...config, intensity };
}

/** Window of the paper's authors, HU. */
export const ctWindow: [number, number] = [-70, 180];
export const mrPercentile: [number, number] = [0.5, 99.5];

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const place = placeOf(issue.path);
  if (issue.code === 'invalid_union') {
    // A union fails as a whole; the form that was meant is the one that goes wrong further in.
    const meant = issue.errors.find((branch) =>
      branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
    if (meant === undefined) return [`${place}: wrong type`];
    return meant.flatMap((inner) =>
      describeIssue({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  if (issue.code !== 'unrecognized_keys') return [`${place}: ${issue.message}`];
  return issue.keys.map((key) => {
    const near = suggest(key, knownKeys(issue.path));
    const hint = near === undefined ? '' : `, did you mean "${near}"?`;
    return `${place}: unknown key "${key.slice(0, 64)}"${hint}`;
  });
}

function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'top level';
  return path
    .map((part, i) =>
      typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`,
    )
    .join('');
}

function crossChecks(config: DatasetConfig): string[] {
  const problems: string[] = [];
  if (!config.phases.includes(config.reference)) {
    problems.push(`reference: "${config.reference}" is not in phases`);
  }
  for (const key of ['phases', 'classes'] as const) {
    if (new Set<string>(config[key]).size < config[key].length)
      problems.push(`${key}: repeated name`);
  }
  const seen = new Map<string, number>();
  config.cases.forEach((entry, i) => {
    const first = seen.get(entry.id);
    if (first !== undefined) problems.push(`cases[${i}]: same id as cases[${first}]`);
    seen.set(entry.id, i);
    problems.push(...unknownPhases(config, entry.phases, `cases[${i}].phases`));
    entry.lesions.forEach((lesion, j) => {
      problems.push(...lesionProblems(config, lesion, `cases[${i}].lesions[${j}]`));
    });
  });
  return problems;
}

function lesionProblems(
  config: DatasetConfig,
  { mask, seeds, label }: DatasetLesion,
  place: string,
): string[] {
  const problems: string[] = [];
  if (mask === undefined && seeds === undefined) problems.push(`${place}: give a mask or seeds`);
  if (mask === undefined && label !== undefined)
    problems.push(`${place}.label: there is no mask that it could be a value of`);
  if (mask !== undefined && !isSingleMask(mask))
    problems.push(...unknownPhases(config, mask, `${place}.mask`));
  if (seeds !== undefined && !isSingleSeeds(seeds))
    problems.push(...unknownPhases(config, seeds, `${place}.seeds`));
  return problems;
}

function unknownPhases(
  config: DatasetConfig,
  map: Record<string, unknown>,
  place: string,
): string[] {
  return Object.keys(map)
    .filter((phase) => !config.phases.includes(phase))
    .map((phase) => {
      const near = suggest(phase, config.phases);
      const hint = near === undefined ? '' : `, did you mean "${near}"?`;
      return `${place}: unknown phase "${phase}"${hint}`;
    });
}
