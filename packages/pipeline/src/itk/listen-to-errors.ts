/** What itk-wasm has said since; `stop` gives the console back. */
export interface ErrorListener {
  stop(): void;
  /** In one line; the cause's own words first, if it has any. */
  reason(cause: unknown): string;
}

let listeners = 0;
let terminal: Pick<Console, 'error' | 'log'> | undefined;
const heard: string[] = [];

/**
 * When a wasm exception is thrown, itk-wasm writes what it knows of it to the console and throws a bare number. The
 * words are kept for the error; the terminal belongs to the program. Several may listen at once: all hear the same.
 */
export function listenToErrors(): ErrorListener {
  if (listeners === 0) {
    const { error, log } = globalThis.console;
    terminal = { error, log };
    const keep = (...words: unknown[]) => void heard.push(words.map(String).join(' '));
    Object.assign(globalThis.console, { error: keep, log: keep });
  }
  listeners += 1;
  const from = heard.length;
  return {
    stop: () => {
      listeners -= 1;
      if (listeners > 0) return;
      Object.assign(globalThis.console, terminal);
      heard.length = 0;
    },
    reason: (cause: unknown): string => {
      const lines = heard.slice(from);
      const spoken = cause instanceof Error ? [cause.message, ...lines] : lines;
      const text = spoken.join('\n').replace(/\s+/g, ' ').trim();
      return text === '' ? 'no reason given' : text.slice(-500);
    },
  };
}
