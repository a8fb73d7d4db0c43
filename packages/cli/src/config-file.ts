import { readFile } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import { suggestion } from './suggestion.js';

/**
 * Reads a configuration file: YAML (or JSON, which is YAML) with the flags' names in camelCase as keys.
 *
 * @throws FlcError IO_ERROR if it cannot be read, INVALID_CONFIG if it is no mapping or has a key not in `known`.
 */
export async function readConfigFile(
  file: string,
  known: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const { parse } = await import('yaml');
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FlcError('IO_ERROR', 'The configuration file cannot be read.', {
      details: { file },
      remedy: 'Give the path of an existing YAML file to --config.',
      cause,
    });
  });
  let value: unknown;
  try {
    value = parse(content) ?? {};
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // The lines after the first quote the file.
    const [first = ''] = reason.split('\n');
    throw invalid(file, `The configuration file is no valid YAML: ${first}`, undefined, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(
      file,
      'The configuration file must hold a mapping of settings.',
      'Write one "key: value" a line.',
    );
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw invalid(
      file,
      `Unknown key ${key} in the configuration file.`,
      suggestion(key, known, 'keys'),
    );
  }
  return value as Record<string, unknown>;
}

function invalid(file: string, message: string, remedy?: string, cause?: unknown): FlcError {
  return new FlcError('INVALID_CONFIG', message, {
    details: { file },
    ...(remedy === undefined ? {} : { remedy }),
    cause,
  });
}
