/** A straight piece of an outline along pixel borders; pixel (x, y) covers [x, x+1] x [y, y+1]. */
export interface Segment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** The borders between inside (non-zero) and outside of a mask `[h, w]`; neighbouring pieces are joined. */
export function maskOutline(mask: Uint8Array, h: number, w: number): Segment[] {
  const inside = (row: number, column: number) =>
    row >= 0 && row < h && column >= 0 && column < w && mask[row * w + column] !== 0;
  const segments: Segment[] = [];
  for (let y = 0; y <= h; y++) {
    collectRuns(w, (x) => inside(y - 1, x) !== inside(y, x)).forEach(([x1, x2]) => {
      segments.push({ x1, y1: y, x2, y2: y });
    });
  }
  for (let x = 0; x <= w; x++) {
    collectRuns(h, (y) => inside(y, x - 1) !== inside(y, x)).forEach(([y1, y2]) => {
      segments.push({ x1: x, y1, x2: x, y2 });
    });
  }
  return segments;
}

/** Maximal runs [start, end) of positions that hold. */
function collectRuns(length: number, holds: (position: number) => boolean): [number, number][] {
  const runs: [number, number][] = [];
  let start = -1;
  for (let i = 0; i <= length; i++) {
    const here = i < length && holds(i);
    if (here && start < 0) start = i;
    if (!here && start >= 0) {
      runs.push([start, i]);
      start = -1;
    }
  }
  return runs;
}
