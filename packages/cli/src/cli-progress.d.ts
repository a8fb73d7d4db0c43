// The part of cli-progress 3.12 that progress.ts uses; the package ships no types.
declare module 'cli-progress' {
  export interface BarParameters {
    readonly progress: number;
    readonly value: number;
    readonly total: number;
    readonly eta: number;
  }
  export interface BarOptions {
    readonly stream?: NodeJS.WritableStream;
    readonly clearOnComplete?: boolean;
    readonly hideCursor?: boolean;
    readonly etaBuffer?: number;
    readonly format?: (
      options: unknown,
      parameters: BarParameters,
      values: Readonly<Record<string, unknown>>,
    ) => string;
  }
  export class SingleBar {
    constructor(options: BarOptions);
    start(total: number, value: number, values?: Readonly<Record<string, unknown>>): void;
    setTotal(total: number): void;
    update(value: number, values?: Readonly<Record<string, unknown>>): void;
    stop(): void;
  }
  const cliProgress: { SingleBar: typeof SingleBar };
  export default cliProgress;
}
