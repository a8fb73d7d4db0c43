import { groupBy } from '../collections/group-by.js';
import type { ImportWarning } from './imported.js';

/** The same warning on several cases is one. */
export function mergedWarnings(warnings: readonly ImportWarning[]): ImportWarning[] {
  const groups = groupBy(warnings, ({ code, message, file }) => [code, message, file].join('\n'));
  return [...groups.values()].map((group) => ({
    ...(group[0] as ImportWarning),
    cases: [...new Set(group.flatMap(({ cases }) => cases))],
  }));
}
