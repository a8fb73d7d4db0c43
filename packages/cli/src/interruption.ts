/** The signal of a run, and how to end listening. */
export interface Interruption {
  readonly signal: AbortSignal;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What work that has nothing to save may take to stop, ms. */
const patience = 10_000;

/**
 * The first SIGINT, SIGTERM or SIGHUP (a lost connection) aborts the signal, so that the work at hand writes what it has; the second
 * one ends the process at once, and so does time, unless it is needed to save a state.
 */
export function listenForInterruption(
  note: (line: string) => void,
  savesWhenStopped: boolean,
): Interruption {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    note('Stopping: what is done is being saved. A second Ctrl-C ends at once.');
    controller.abort();
    if (!savesWhenStopped) setTimeout(() => process.exit(130), patience).unref();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    dispose() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
