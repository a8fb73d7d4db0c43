/** Progress over the whole table. */
export interface TableProgress {
  /** Work that is done, and in all, in a unit of its own. */
  readonly done: number;
  readonly total: number;
  /** Methods under way with their stages. */
  readonly note: string;
}

/**
 * Weighs jobs against each other, so that an ETA can be told from what is done.
 *
 * @param weights expected work of each job
 */
export class ProgressSum {
  readonly #weights: ReadonlyMap<string, number>;
  readonly #shares = new Map<string, number>();
  readonly #stages = new Map<string, string>();
  readonly #report: (progress: TableProgress) => void;

  constructor(weights: ReadonlyMap<string, number>, report: (progress: TableProgress) => void) {
    this.#weights = weights;
    this.#report = report;
  }

  update(job: string, share: number, stage: string): void {
    this.#shares.set(job, Math.max(share, this.#shares.get(job) ?? 0));
    this.#stages.set(job, stage);
    this.#tell();
  }

  end(job: string): void {
    this.#shares.set(job, 1);
    this.#stages.delete(job);
    this.#tell();
  }

  #tell(): void {
    let [done, total] = [0, 0];
    for (const [job, weight] of this.#weights) {
      total += weight;
      done += weight * (this.#shares.get(job) ?? 0);
    }
    const note = [...this.#stages].map(([job, stage]) => `${job}: ${stage}`).join('; ');
    this.#report({ done, total, note });
  }
}
