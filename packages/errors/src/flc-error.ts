/** Stable codes with what each means; a program may branch on them, messages may change. */
export const errorCodeMeanings = {
  INVALID_CONFIG:
    'an option, a configuration key or a combination of them is wrong, or an object is used after close',
  DATA_ERROR: 'a file or an array does not hold what it should',
  GEOMETRY_MISMATCH: 'volumes that belong together lie on different grids',
  CUDA_UNAVAILABLE: 'a GPU was asked for and cannot be used',
  OUT_OF_MEMORY: 'the memory of the host or of the GPU does not suffice',
  CHECKPOINT_CORRUPT: 'a checkpoint or a model is damaged or incomplete',
  CANCELLED: 'the signal was aborted; `cause` is its reason, where it was given in this process',
  IO_ERROR: 'a file or folder cannot be read or written',
  INTERNAL: 'a fault of flc-native, or a part of its installation is missing',
} as const;

export type ErrorCode = keyof typeof errorCodeMeanings;

export const errorCodes = Object.keys(errorCodeMeanings) as readonly ErrorCode[];

/** Facts of a failure (file, tag, expected, got ...), plain JSON. */
export type ErrorDetails = Record<string, unknown>;

export interface FlcErrorOptions {
  readonly details?: ErrorDetails;
  /** What the person can do about it, one sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** An FlcError as JSON: how it is printed, stored and sent between processes. */
export interface FlcErrorJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly remedy?: string;
}

/** The only error type that the public functions of flc-native throw or reject with. */
export class FlcError extends Error {
  override readonly name = 'FlcError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: FlcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.remedy = options.remedy;
  }

  /** The form that `--json` output and log files use. */
  toJSON(): FlcErrorJson {
    return {
      code: this.code,
      message: this.message,
      details: this.details,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
    };
  }

  /** What {@link toJSON} gave, as an error again; its cause stays behind. */
  static fromJSON({ code, message, details, remedy }: FlcErrorJson): FlcError {
    return new FlcError(code, message, { details, ...(remedy === undefined ? {} : { remedy }) });
  }
}

/** Wraps anything thrown as an FlcError; an FlcError passes unchanged. */
export function toFlcError(thrown: unknown, code: ErrorCode = 'INTERNAL'): FlcError {
  if (thrown instanceof FlcError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new FlcError(code, message, { cause: thrown });
}
