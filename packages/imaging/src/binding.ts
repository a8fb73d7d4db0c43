import { type ErrorCode, errorCodes, FlcError } from '@flc-native/errors';
import type * as Binding from '../native/index.js';

type BindingFunctions = typeof Binding;
type Loaded = { readonly functions: BindingFunctions } | { readonly failure: unknown };

// A missing addon must be an FlcError at the first call, not a broken import of everything that depends on this package.
const loaded: Loaded = await import('../native/index.js').then(
  (functions) => ({ functions }),
  (failure: unknown) => ({ failure }),
);

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

function bindingFunctions(): BindingFunctions {
  if ('functions' in loaded) return loaded.functions;
  throw new FlcError('INTERNAL', 'the imaging addon cannot be loaded', {
    remedy: 'build it with "npm run build:native -w packages/imaging"',
    cause: loaded.failure,
  });
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
