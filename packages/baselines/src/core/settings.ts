import { FlcError, suggest } from '@flc-native/errors';

/**
 * Defaults with what is given in their place.
 *
 * @throws FlcError INVALID_CONFIG for an unknown key, or a value of another kind than the default: a number below 0, a
 *   fraction where the default is whole, a list of another length
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
    // Exponents: they may be negative.
    return (
      Array.isArray(value) && value.length === expected.length && value.every(Number.isSafeInteger)
    );
  }
  if (typeof expected === 'number') {
    const whole = Number.isInteger(expected);
    return whole
      ? Number.isSafeInteger(value) && (value as number) >= 0
      : Number.isFinite(value) && (value as number) >= 0;
  }
  return typeof value === typeof expected;
}

function refuseKey(key: string, known: readonly string[]): never {
  const near = suggest(key, known);
  throw new FlcError('INVALID_CONFIG', `there is no setting ${key}`, {
    details: { setting: key, known },
    remedy: near === undefined ? `choose from ${known.join(', ')}` : `did you mean ${near}?`,
  });
}
