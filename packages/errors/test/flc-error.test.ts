import { describe, expect, it } from 'vitest';
import { FlcError } from '../src/index.js';

describe('FlcError', () => {
  it.each([
    new FlcError('DATA_ERROR', 'cut short', { details: { got: 3 }, remedy: 'Copy it again.' }),
    new FlcError('CANCELLED', 'stopped'),
  ])('comes back from JSON as it was: $code', (error) => {
    const back = FlcError.fromJSON(JSON.parse(JSON.stringify(error)));
    expect(back).toBeInstanceOf(FlcError);
    expect(back.toJSON()).toEqual(error.toJSON());
    expect(Object.hasOwn(back.toJSON(), 'remedy')).toBe(error.remedy !== undefined);
  });
});
