import { createHash, createHmac } from 'node:crypto';

/** The part of a dataset that pseudonyms depend on. */
export interface PseudonymSource {
  /** Path in dataset.yaml. */
  readonly pseudonymKey?: string | undefined;
  /** Content of that file. */
  readonly key?: Uint8Array | undefined;
}

/** One form for all ways to write a name: composed letters (NFC), no blanks around it. */
export function canonicalName(name: string): string {
  return name.normalize('NFC').trim();
}

/**
 * The name under which a case or patient leaves dataset.yaml: 12 hex digits. With a key, the
 * HMAC-SHA-256 of the name under it: who lacks the key cannot tell whose pseudonym it is, not even
 * by trying names. Without, the plain SHA-256, which hides names from readers of reports, but who
 * knows a name can recompute it. The same name (and key) gives the same pseudonym everywhere.
 */
export function pseudonym(name: string, key?: Uint8Array): string {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  return hash.update(canonicalName(name), 'utf8').digest('hex').slice(0, 12);
}

/** The pseudonyms of a dataset, under its key if it has one. */
export function pseudonymsOf({ pseudonymKey, key }: PseudonymSource): (name: string) => string {
  if (pseudonymKey !== undefined && key === undefined) {
    throw new TypeError('the pseudonym key of the dataset was not read');
  }
  return (name) => pseudonym(name, key);
}
