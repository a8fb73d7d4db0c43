import { judgeGrids } from '../prepare/align-phases.js';
import { compareGrids } from '../volume/geometry.js';
import { readGrid } from '../volume/read-grid.js';
import type { ImportWarning } from './imported.js';

/** Headers that a set's documentation warns of, gathered over its cases. */
export class HeaderFindings {
  readonly #found = new Map<
    string,
    { message: (worst: number) => string; cases: Set<string>; worst: number }
  >();

  /** @param worst a number for the message, of which the largest is told. */
  add(code: string, caseId: string, message: (worst: number) => string, worst = 0): void {
    const entry = this.#found.get(code) ?? { message, cases: new Set(), worst };
    entry.cases.add(caseId);
    entry.worst = Math.max(entry.worst, worst);
    this.#found.set(code, entry);
  }

  warnings(): ImportWarning[] {
    return [...this.#found].map(([code, { message, cases, worst }]) => ({
      code,
      message: message(worst),
      cases: [...cases],
    }));
  }

  /** Compares the headers of files that should share a grid; unreadable ones are left to `check`. */
  async compare(caseId: string, reference: string, others: readonly string[]): Promise<void> {
    const grid = await readGrid(reference).catch(() => undefined);
    if (grid === undefined) return;
    for (const file of others) {
      const other = await readGrid(file).catch(() => undefined);
      if (other === undefined) continue;
      const verdict = judgeGrids(grid, other);
      if (verdict === 'origin') {
        this.add(
          'ORIGIN_OFFSET',
          caseId,
          (mm) =>
            `same grid, but origins in the headers differ by up to ${mm.toFixed(1)} mm; taken as the same grid, nothing is moved`,
          compareGrids(grid, other).origin,
        );
      } else if (verdict === 'different') {
        this.add(
          'GRID_MISMATCH',
          caseId,
          () =>
            'phases or masks lie on different grids; register them (prepare --align) or look at the headers',
        );
      }
    }
  }
}
