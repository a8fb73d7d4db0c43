import { createHash } from 'node:crypto';

/**
 * The name under which a case or patient leaves dataset.yaml: the first 12 hex digits of the
 * SHA-256 of its name there. The same name gives the same pseudonym in every run and folder.
 * It hides names from readers of reports; who knows a name can still recompute it.
 */
export function pseudonym(name: string): string {
  return createHash('sha256').update(name, 'utf8').digest('hex').slice(0, 12);
}
