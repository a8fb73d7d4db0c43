import { FlcError } from '@flc-native/errors';

/**
 * One setting of a command. The same table entry makes the flag (`--max-steps 10`), the key of the configuration
 * file (`maxSteps: 10`) and the line of the help.
 */
export interface Option<T> {
  readonly help: string;
  /** What stands for the value in the help, `<file>`; absent for a switch. */
  readonly placeholder?: string;
  /** May be given several times (`--phase NC=a.nii.gz --phase ART=b.nii.gz`). */
  readonly repeatable?: boolean;
  readonly required?: boolean;
  /** Shown in the help; the value itself comes from `fallback`. */
  readonly defaultText?: string;
  readonly fallback: T;
  /** Brings the values of a repeated flag together. */
  join?(values: readonly T[]): T;
  /** Turns the text after a flag into the value. Throws INVALID_CONFIG. */
  parse(text: string, name: string): T;
  /** Checks a value of a configuration file. Throws INVALID_CONFIG. */
  check(value: unknown, name: string): T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** The settings that a table of options yields: one typed value a key. */
export type Settings<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** The value must be given, by flag or configuration file. */
export function required<T>(option: Option<T | undefined>): Option<T> {
  return { ...option, required: true } as Option<T>;
}

export function withDefault<T>(option: Option<T | undefined>, fallback: T): Option<T> {
  return { ...option, fallback, defaultText: String(fallback) } as Option<T>;
}

/** A default that another place owns (the network's, for one); the help only names it. */
export function defaultElsewhere<T>(option: Option<T>, defaultText: string): Option<T> {
  return { ...option, defaultText };
}

export function text(placeholder: string, help: string): Option<string | undefined> {
  return { ...base(placeholder, help), parse: (value) => value, check: expectText };
}

export function number(help: string, range: Range = {}): Option<number | undefined> {
  const check = (value: unknown, name: string) => expectNumber(value, name, range);
  return { ...base('<number>', help), parse: (value, name) => check(toNumber(value), name), check };
}

export function integer(help: string, range: Range = {}): Option<number | undefined> {
  return number(help, { ...range, integer: true });
}

export function flag(help: string): Option<boolean> {
  return {
    help,
    fallback: false,
    parse: (value) => value === 'true',
    check(value, name) {
      if (typeof value === 'boolean') return value;
      throw wrongValue(name, 'true or false', value);
    },
  };
}

export function choice<const C extends string>(
  choices: readonly C[],
  help: string,
): Option<C | undefined> {
  const check = (value: unknown, name: string): C => {
    const found = choices.find((entry) => entry === value);
    if (found === undefined) throw wrongValue(name, `one of ${choices.join(', ')}`, value);
    return found;
  };
  return { ...base(`<${choices.join('|')}>`, help), parse: check, check };
}

export function numbers(placeholder: string, help: string): Option<number[] | undefined> {
  const check = (value: unknown, name: string): number[] => {
    if (!Array.isArray(value)) throw wrongValue(name, 'a list of numbers', value);
    return value.map((entry: unknown) => expectNumber(entry, name, {}));
  };
  return {
    ...base(placeholder, `${help} (comma-separated)`),
    parse: (value, name) => check(value.split(',').map(toNumber), name),
    check,
  };
}

/** A list of names; text with commas or a list in the configuration file. */
export function names(placeholder: string, help: string): Option<string[] | undefined> {
  return {
    ...base(placeholder, `${help} (comma-separated)`),
    parse: (value, name) => value.split(',').map((entry) => expectText(entry.trim(), name)),
    check(value, name) {
      if (!Array.isArray(value)) throw wrongValue(name, 'a list of names', value);
      return value.map((entry: unknown) => expectText(entry, name));
    },
  };
}

/** Exactly three numbers. */
export function threeNumbers(
  placeholder: string,
  help: string,
): Option<readonly [number, number, number] | undefined> {
  const { join: _join, fallback: _fallback, ...list } = numbers(placeholder, help);
  const three = (values: number[] | undefined, name: string): [number, number, number] => {
    const [a, b, c, ...more] = values ?? [];
    if (a !== undefined && b !== undefined && c !== undefined && more.length === 0)
      return [a, b, c];
    throw wrongValue(name, 'three numbers', values);
  };
  return {
    ...list,
    fallback: undefined,
    parse: (value, name) => three(list.parse(value, name), name),
    check: (value, name) => three(list.check(value, name), name),
  };
}

/** A flag that may be repeated; a text or a list of texts in the configuration file. */
export function texts(placeholder: string, help: string): Option<string[] | undefined> {
  return {
    ...base(placeholder, `${help} (may be repeated)`),
    repeatable: true,
    parse: (value) => [value],
    check: (value, name) =>
      Array.isArray(value)
        ? value.map((entry) => expectText(entry, name))
        : [expectText(value, name)],
    join: (values) => values.flatMap((value) => value ?? []),
  };
}

/** `--phase NC=a.nii.gz`, repeated; a mapping in the configuration file. */
export function pairs(
  placeholder: string,
  help: string,
): Option<Readonly<Record<string, string>> | undefined> {
  return {
    ...base(placeholder, help),
    repeatable: true,
    join: (values) => Object.assign({}, ...values),
    parse(value, name) {
      const at = value.indexOf('=');
      if (at < 1 || at === value.length - 1) throw wrongValue(name, placeholder, value);
      return { [value.slice(0, at)]: value.slice(at + 1) };
    },
    check(value, name) {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw wrongValue(name, 'a mapping', value);
      return Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [key, expectText(entry, `${name}.${key}`)]),
      );
    },
  };
}

/** A setting with a form of its own; `convert` gets text from a flag and any value from a configuration file. */
export function custom<T>(
  placeholder: string,
  help: string,
  expected: string,
  convert: (value: unknown) => T | undefined,
): Option<T | undefined> {
  const check = (value: unknown, name: string): T => {
    const converted = convert(value);
    if (converted === undefined) throw wrongValue(name, expected, value);
    return converted;
  };
  return { ...base(placeholder, help), parse: check, check };
}

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

function base(placeholder: string, help: string) {
  return { placeholder, help, fallback: undefined };
}

/** What is no number stays as it was given, to be named so. */
function toNumber(value: string): number | string {
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? value : number;
}

function expectText(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrongValue(name, 'text', value);
}

function expectNumber(value: unknown, name: string, range: Range): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer } = range;
  if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max)
    if (!integer || Number.isInteger(value)) return value;
  throw wrongValue(name, describe(range), value);
}

function describe({ min, max, integer }: Range): string {
  const kind = integer ? 'a whole number' : 'a number';
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  if (min !== undefined) return `${kind}, ${min} or more`;
  if (max !== undefined) return `${kind}, ${max} or less`;
  return kind;
}

function wrongValue(name: string, expected: string, got: unknown): FlcError {
  const shown = typeof got === 'string' ? `"${got}"` : JSON.stringify(got);
  return new FlcError('INVALID_CONFIG', `${name} must be ${expected}, not ${shown}.`, {
    details: { key: name, expected, got },
  });
}
