/** Rows and columns of a box in a slice, pixels. */
export interface Box {
  readonly row: number;
  readonly column: number;
  readonly h: number;
  readonly w: number;
}

/** Bounding rectangle of the pixels that are not 0; undefined for an empty plane. */
export function boundingBox(plane: Uint8Array, width: number, height: number): Box | undefined {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let r = 0; r < height; r += 1) {
    for (let c = 0; c < width; c += 1) {
      if (plane[r * width + c] === 0) continue;
      if (r < top) top = r;
      bottom = r;
      if (c < left) left = c;
      if (c > right) right = c;
    }
  }
  if (bottom < 0) return undefined;
  return { row: top, column: left, h: bottom - top + 1, w: right - left + 1 };
}

/**
 * Grows a box symmetrically to at least `least` rows and columns (method.md section 2); an odd
 * pixel goes below or right. At the border the box moves inwards; only in a slice that is smaller
 * than `least` itself does it reach beyond.
 */
export function growBox(box: Box, least: number, width: number, height: number): Box {
  const [row, h] = growSpan(box.row, box.h, least, height);
  const [column, w] = growSpan(box.column, box.w, least, width);
  return { row, column, h, w };
}

function growSpan(start: number, length: number, least: number, extent: number): [number, number] {
  if (length >= least) return [start, length];
  const wanted = start - Math.floor((least - length) / 2);
  if (extent < least) return [Math.floor((extent - least) / 2), least];
  return [Math.min(Math.max(wanted, 0), extent - least), least];
}
