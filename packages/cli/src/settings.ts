import { FlcError } from '@flc-native/errors';
import { readConfigFile } from './config-file.js';
import type { Options, Settings } from './option.js';

/** What commander hands over: text, several texts, or a switch. */
export type RawFlags = Readonly<Record<string, string | string[] | boolean | undefined>>;

/**
 * The settings of one call: flags over the configuration file over defaults.
 *
 * @throws FlcError INVALID_CONFIG naming flag or key.
 */
export async function resolveSettings<O extends Options>(
  options: O,
  flags: RawFlags,
  configFile: string | undefined,
): Promise<Settings<O>> {
  const config =
    configFile === undefined ? {} : await readConfigFile(configFile, Object.keys(options));
  const settings: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const given = flags[key];
    if (given !== undefined) settings[key] = parseFlag(option, given, flagName(key));
    else if (config[key] !== undefined && config[key] !== null)
      settings[key] = option.check(config[key], key);
    else if (option.required) throw missing(key);
    else settings[key] = option.fallback;
  }
  return settings as Settings<O>;
}

/** `maxSteps` -> `--max-steps`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parseFlag(
  option: Options[string],
  given: string | string[] | boolean,
  name: string,
): unknown {
  if (typeof given === 'boolean') return given;
  if (typeof given === 'string') return option.parse(given, name);
  return option.join?.(given.map((entry) => option.parse(entry, name)));
}

function missing(key: string): FlcError {
  return new FlcError('INVALID_CONFIG', `${flagName(key)} is missing.`, {
    details: { key },
    remedy: `Give ${flagName(key)}, or the key ${key} in the file of --config.`,
  });
}
