import type { Provenance } from '../evaluation.js';
import type { Table } from './table.js';

/** Versions, seeds, configuration and hashes, one line each; nested keys are joined by dots. */
export function provenanceTable(provenance: Provenance, caption: string): Table {
  return { caption, header: ['Key', 'Value'], rows: flatten(provenance, ''), notes: [] };
}

function flatten(value: unknown, key: string): string[][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, inner]) =>
      flatten(inner, key === '' ? name : `${key}.${name}`),
    );
  }
  return [[key, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]];
}
