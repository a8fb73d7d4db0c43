/** The signal of a run, and how to end listening. */
export interface Interruption {
  readonly signal: AbortSignal;
  dispose(): void;
}

/**
 * The first SIGINT or SIGTERM aborts the signal, so that the work at hand writes what it has; the second one ends the
 * process at once.
 */
export function listenForInterruption(note: (line: string) => void): Interruption {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    note('Stopping: what is done is being saved. A second Ctrl-C ends at once.');
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
