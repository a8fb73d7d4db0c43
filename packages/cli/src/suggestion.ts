import { suggest } from '@flc-native/errors';

/** `did you mean ...?` as an FlcError's remedy, or the list of what there is. */
export function suggestion(word: string, names: readonly string[], what: string): string {
  const near = suggest(word, names);
  if (near !== undefined) return `Did you mean ${near}?`;
  return `Known ${what}: ${[...names].sort().join(', ')}.`;
}
