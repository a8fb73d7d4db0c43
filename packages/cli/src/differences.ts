/**
 * In which settings two configurations differ, as lines for people: `network.widths 8,16,32 (paper: 16,32,64)`.
 *
 * @param paper the reference; keys that only the other has are left out
 */
export function differences(config: object, paper: object, prefix = ''): string[] {
  const ours = new Map(Object.entries(config));
  return Object.entries(paper).flatMap(([key, expected]: [string, unknown]) => {
    const got: unknown = ours.get(key);
    if (isRecord(got) && isRecord(expected)) return differences(got, expected, `${prefix}${key}.`);
    if (got === undefined || JSON.stringify(got) === JSON.stringify(expected)) return [];
    return [`${prefix}${key} ${String(got)} (paper: ${String(expected)})`];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
