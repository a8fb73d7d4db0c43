import type { ErrorCode, FlcError } from '@flc-native/errors';
import { pathToken, redactMessage, redactPaths } from './redact.js';

/** Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 bad input data, 130 interrupted. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'INVALID_CONFIG':
      return 2;
    case 'DATA_ERROR':
    case 'GEOMETRY_MISMATCH':
    case 'CHECKPOINT_CORRUPT':
      return 3;
    case 'CANCELLED':
      return 130;
    default:
      return 1;
  }
}

/**
 * Whether names of cases and paths may be written to stderr: to a terminal and where `--verbose`
 * asks for them. Redirected into a file it is a log, and a path may hold a patient's name.
 */
export function showsNames(verbose: boolean): boolean {
  return verbose || process.stderr.isTTY === true;
}

/** A path as stderr may hold it. */
export function shownPath(file: string, names: boolean): string {
  return names ? file : pathToken(file);
}

/**
 * An error for people: message, facts, remedy; the stacks only if `verbose`. Without `names`, paths
 * are replaced by a token that `--json` has too, also within the message, and causes that repeat them are left out.
 */
export function formatFailure(
  error: FlcError,
  verbose: boolean,
  names: boolean = showsNames(verbose),
): string {
  // Some errors hide the file from enumeration, so that no JSON holds a path; a person must see it.
  const { file } = error.details;
  const message = names ? error.message : redactMessage(error.message, file);
  const lines = [`error ${error.code}: ${message}`];
  if (typeof file === 'string' && !error.message.includes(file)) {
    lines.push(`  file: ${shownPath(file, names)}${names ? '' : ' (--verbose shows the path)'}`);
  }
  const details = names ? error.details : (redactPaths(error.details) as typeof error.details);
  for (const [name, value] of Object.entries(details)) {
    if (name === 'file' || value === undefined || error.message.includes(String(value))) continue;
    lines.push(`  ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  }
  const { cause } = error;
  if (cause instanceof Error && !error.message.includes(cause.message) && names)
    lines.push(`  cause: ${cause.message}`);
  if (error.remedy !== undefined) lines.push(`  remedy: ${error.remedy}`);
  if (verbose) {
    lines.push(error.stack ?? '');
    for (let next = error.cause; next instanceof Error; next = next.cause)
      lines.push(`caused by: ${next.stack ?? next.message}`);
  }
  return lines.join('\n');
}
