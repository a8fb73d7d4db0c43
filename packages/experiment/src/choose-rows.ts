import { FlcError, suggest } from '@flc-native/errors';
import { ablationRows, type Row, tableRows } from './rows.js';

/** Names for several rows at once. */
export const rowGroups = ['table2', 'classic', 'networks', 'ablations', 'all'] as const;

/**
 * The rows of the given names and groups, each once, in the order of the table.
 *
 * @throws FlcError INVALID_CONFIG for an unknown name
 */
export function chooseRows(names: readonly string[], phases: readonly string[]): Row[] {
  const all = [...tableRows, ...ablationRows(phases)];
  const chosen = new Set<string>();
  for (const name of names) {
    const found = all.filter((row) => row.key === name || inGroup(row, name));
    if (found.length === 0) throw unknownRow(name, all);
    for (const row of found) {
      chosen.add(row.key);
      // A decision on another row's label maps brings that row.
      if (row.kind === 'derived') chosen.add(row.from);
    }
  }
  return all.filter(({ key }) => chosen.has(key));
}

function inGroup({ group }: Row, name: string): boolean {
  if (name === 'all') return true;
  if (name === 'table2') return group !== 'ablation';
  return (
    name === { classic: 'classic', network: 'networks', ablation: 'ablations', oracle: '' }[group]
  );
}

function unknownRow(name: string, all: readonly Row[]): FlcError {
  const known = [...rowGroups, ...all.map(({ key }) => key)];
  const near = suggest(name, known);
  return new FlcError('INVALID_CONFIG', `There is no method ${name}.`, {
    details: { method: name, known },
    remedy: near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${near}?`,
  });
}
