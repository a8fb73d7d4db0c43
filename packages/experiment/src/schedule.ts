/** What a piece of work takes while it runs. */
export interface Demand {
  readonly cores: number;
  /** MiB */
  readonly memory: number;
  /** Such as `cuda:0`; at most one piece of work at a time. */
  readonly device?: string;
}

export interface Capacity {
  readonly cores: number;
  /** MiB */
  readonly memory: number;
}

/**
 * Runs pieces of work side by side within the capacity, each started in the given order as soon as there is room. One
 * that asks for more than there is runs alone. Nothing is started after a rejection; it is thrown once the rest ended.
 */
export async function runWithin<T extends Demand>(
  capacity: Capacity,
  work: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  const running = new Map<T, Promise<void>>();
  let failure: { readonly thrown: unknown } | undefined;
  while (waiting.length > 0 || running.size > 0) {
    const next =
      failure === undefined
        ? waiting.findIndex((item) => fits(item, [...running.keys()], capacity))
        : -1;
    const item = waiting[next];
    if (item !== undefined) {
      waiting.splice(next, 1);
      const done = run(item)
        .catch((thrown: unknown) => {
          failure ??= { thrown };
        })
        .finally(() => running.delete(item));
      running.set(item, done);
    } else if (running.size > 0) {
      await Promise.race(running.values());
    } else {
      break;
    }
  }
  if (failure !== undefined) throw failure.thrown;
}

function fits(item: Demand, running: readonly Demand[], capacity: Capacity): boolean {
  if (running.length === 0) return true;
  const sum = (of: (demand: Demand) => number) =>
    running.reduce((total, demand) => total + of(demand), of(item));
  return (
    sum(({ cores }) => cores) <= capacity.cores &&
    sum(({ memory }) => memory) <= capacity.memory &&
    (item.device === undefined || running.every(({ device }) => device !== item.device))
  );
}
