import type { ErrorCode, FlcError } from '@flc-native/errors';

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

/** An error for people: message, facts, remedy; the stacks only if `verbose`. */
export function formatFailure(error: FlcError, verbose: boolean): string {
  const lines = [`error ${error.code}: ${error.message}`];
  // Some errors hide the file from enumeration, so that no JSON holds a path; a person must see it.
  const { file } = error.details;
  if (typeof file === 'string' && !error.message.includes(file)) lines.push(`  file: ${file}`);
  for (const [name, value] of Object.entries(error.details)) {
    if (name === 'file' || value === undefined || error.message.includes(String(value))) continue;
    lines.push(`  ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  }
  if (error.cause instanceof Error && !error.message.includes(error.cause.message))
    lines.push(`  cause: ${error.cause.message}`);
  if (error.remedy !== undefined) lines.push(`  remedy: ${error.remedy}`);
  if (verbose) {
    lines.push(error.stack ?? '');
    for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
      lines.push(`caused by: ${cause.stack ?? cause.message}`);
  }
  return lines.join('\n');
}
