import { FlcError, suggest } from '@flc-native/errors';

/**
 * Defaults with what is given in their place.
 *
 * @throws FlcError INVALID_CONFIG for an unknown key, or a value of another type than the default's
 */
export function resolveSettings<S extends object>(defaults: S, given: Partial<S> = {}): S {
  const resolved = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    if (!(key in defaults)) refuseKey(key, Object.keys(defaults));
    const expected = defaults[key as keyof S];
    if (!sameKind(expected, value)) {
      throw new FlcError(
        'INVALID_CONFIG',
        `the setting ${key} cannot be ${JSON.stringify(value)}`,
        {
          details: { setting: key, default: expected, got: value },
        },
      );
    }
    resolved[key as keyof S] = value as S[keyof S];
  }
  return resolved;
}

function sameKind(expected: unknown, value: unknown): boolean {
  if (Array.isArray(expected)) {
    return Array.isArray(value) && value.every((item) => sameKind(expected[0], item));
  }
  return typeof value === 'number'
    ? typeof expected === 'number' && Number.isFinite(value)
    : typeof value === typeof expected;
}

function refuseKey(key: string, known: readonly string[]): never {
  const near = suggest(key, known);
  throw new FlcError('INVALID_CONFIG', `there is no setting ${key}`, {
    details: { setting: key, known },
    remedy: near === undefined ? `choose from ${known.join(', ')}` : `did you mean ${near}?`,
  });
}
