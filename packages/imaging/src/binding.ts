import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type ErrorCode, errorCodes, FlcError } from '@flc-native/errors';
import type * as Binding from '../native/index.cjs';

type BindingFunctions = typeof Binding;

let loaded: BindingFunctions | undefined;

/**
 * Calls the addon and returns its result, or throws its error as an FlcError.
 *
 * The only place that knows how the addon reports: a failure is a value with a `code`; what Node-API itself throws
 * is an argument of the wrong type.
 */
export function callBinding<T extends object>(
  call: (functions: BindingFunctions) => T | Binding.BindingError,
): T {
  const functions = bindingFunctions();
  return valueOrThrow(callOrThrow(() => call(functions)));
}

/** {@link callBinding} for work on another thread. */
export async function callBindingAsync<T extends object>(
  call: (functions: BindingFunctions) => Promise<T | Binding.BindingError>,
): Promise<T> {
  const functions = bindingFunctions();
  return valueOrThrow(await callOrThrow(() => call(functions)));
}

/** What tells running work to stop. */
export function makeCancellation(): Binding.BindingCancellation {
  const { BindingCancellation } = bindingFunctions();
  return new BindingCancellation();
}

/**
 * Loaded at the first call: a missing addon is an FlcError there, not a broken import of everything that depends on this
 * package, and `require` of an ES module allows no await at its top level.
 */
function bindingFunctions(): BindingFunctions {
  loaded ??= load();
  return loaded;
}

function load(): BindingFunctions {
  try {
    return createRequire(import.meta.url)('../native/index.cjs') as BindingFunctions;
  } catch (cause) {
    const { platform, arch } = process;
    const checkout = existsSync(new URL('../crates', import.meta.url));
    throw new FlcError('INTERNAL', `the imaging addon cannot be loaded on ${platform}-${arch}`, {
      details: { platform, arch },
      remedy: checkout
        ? 'Build it with `npm run build:native -w packages/imaging`.'
        : 'It is made for Linux with glibc on x86-64: install @flc-native/imaging anew there.',
      cause,
    });
  }
}

function valueOrThrow<T extends object>(result: T | Binding.BindingError): T {
  if (!isBindingError(result)) return result;
  const { code, message, what, expected, got } = result;
  throw new FlcError(toErrorCode(code), message, {
    details: what === undefined ? {} : { what, expected, got },
  });
}

function callOrThrow<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new FlcError('INVALID_CONFIG', `an argument has the wrong type: ${message}`, {
      cause: thrown,
    });
  }
}

function isBindingError(result: object): result is Binding.BindingError {
  return 'code' in result && 'message' in result;
}

function toErrorCode(code: string): ErrorCode {
  return errorCodes.find((known) => known === code) ?? 'INTERNAL';
}
