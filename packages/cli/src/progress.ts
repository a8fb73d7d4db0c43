/** Progress of one piece of work. */
export interface Progress {
  /** @param note a few words after the numbers, such as a loss. */
  update(done: number, total: number, note?: string): void;
  /** Leaves the last state standing and gives the line free. */
  stop(): void;
}

/** Plain lines come at most this often (ms), so that logs stay short. */
const lineInterval = 5_000;

/**
 * A bar on a terminal, plain lines elsewhere.
 *
 * @param stream where it is drawn, stderr in the program.
 */
export async function progressFactory(
  stream: NodeJS.WriteStream,
): Promise<(title: string) => Progress> {
  if (!stream.isTTY) return (title) => lineProgress(stream, title);
  const { default: cliProgress } = await import('cli-progress');
  return (title) => {
    let note = '';
    let started = false;
    const bar = new cliProgress.SingleBar({
      stream,
      clearOnComplete: false,
      hideCursor: true,
      etaBuffer: 50,
      format: (_options, parameters, values) =>
        barText(title, parameters, String(values.note ?? '')),
    });
    return {
      update(done, total, words) {
        note = words ?? note;
        if (!started) bar.start(total, done, { note });
        started = true;
        bar.setTotal(total);
        bar.update(done, { note });
      },
      stop() {
        if (started) bar.stop();
        started = false;
      },
    };
  };
}

interface BarParameters {
  readonly progress: number;
  readonly value: number;
  readonly total: number;
  readonly eta: number;
}

function barText(title: string, { progress, value, total, eta }: BarParameters, note: string) {
  const width = 24;
  const filled = Math.round(width * Math.min(1, Math.max(0, progress)));
  const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
  const left = value >= total ? '' : `  ${duration(eta)} left`;
  return `${title} ${bar} ${value}/${total}${left}${note === '' ? '' : `  ${note}`}`;
}

/** Exported for its test: `now` is the clock. */
export function lineProgress(
  stream: { write(text: string): unknown },
  title: string,
  now: () => number = () => performance.now(),
): Progress {
  let first: { readonly time: number; readonly done: number } | undefined;
  let lastLine = Number.NEGATIVE_INFINITY;
  let lastDone = -1;
  return {
    update(done, total, note = '') {
      const time = now();
      first ??= { time, done };
      const finished = done >= total && lastDone < total;
      lastDone = done;
      if (!finished && time - lastLine < lineInterval) return;
      lastLine = time;
      const eta = ((time - first.time) / (done - first.done)) * (total - done);
      const left = !(eta > 0 && eta < Number.POSITIVE_INFINITY)
        ? ''
        : `, ${duration(eta / 1000)} left`;
      stream.write(`${title}: ${done}/${total}${left}${note === '' ? '' : `, ${note}`}\n`);
    },
    stop() {},
  };
}

/** 75 -> `1m15s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
}
