import type { TrainingEvent, TrainingResult } from './training-events.js';

/**
 * A run in progress. Iterate it for its events, or await `finished`, or both; events wait until they are taken, from the
 * first one on, and the iteration ends when the run does.
 */
export class TrainingRun implements AsyncIterable<TrainingEvent> {
  /** Rejects with the run's FlcError; CANCELLED carries the checkpoint's path in `details.checkpoint`. */
  readonly finished: Promise<TrainingResult>;
  readonly #cancel: () => void;
  readonly #events: TrainingEvent[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  /** `start` gets what to call for each event, and returns the run's promise and how to cancel it. */
  constructor(
    start: (onEvent: (event: TrainingEvent) => void) => {
      readonly finished: Promise<TrainingResult>;
      readonly cancel: () => void;
    },
  ) {
    const { finished, cancel } = start((event) => {
      this.#events.push(event);
      this.#wake?.();
    });
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    this.finished = finished;
    this.#cancel = cancel;
    // Also marks a rejection as handled for callers that only iterate.
    finished.then(end, end);
  }

  /** Asks the run to stop after the current step; it leaves a checkpoint. */
  cancel(): void {
    this.#cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#ended) return;
      else await this.#nextChange();
    }
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
