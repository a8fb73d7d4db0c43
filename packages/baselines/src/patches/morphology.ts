import type { SliceSize } from '@flc-native/imaging';

/** Pixels of a disc round 0: those whose centres lie within half its diameter. */
function disc(diameter: number): (readonly [row: number, column: number])[] {
  const radius = Math.floor(diameter / 2);
  const offsets: [number, number][] = [];
  for (let row = -radius; row <= radius; row += 1) {
    for (let column = -radius; column <= radius; column += 1) {
      if (4 * (row * row + column * column) <= diameter * diameter) offsets.push([row, column]);
    }
  }
  return offsets;
}

/** Pixels whose disc touches the mask. */
export function dilate(mask: Uint8Array, [columns, rows]: SliceSize, diameter: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  const offsets = disc(diameter);
  for (const [at, value] of mask.entries()) {
    if (value === 0) continue;
    const [row, column] = [Math.floor(at / columns), at % columns];
    for (const [down, right] of offsets) {
      const [r, c] = [row + down, column + right];
      if (r >= 0 && r < rows && c >= 0 && c < columns) out[r * columns + c] = 1;
    }
  }
  return out;
}

/** Pixels whose whole disc lies in the mask; beyond the border there is none. */
export function erode(mask: Uint8Array, size: SliceSize, diameter: number): Uint8Array {
  const [columns, rows] = size;
  const offsets = disc(diameter);
  return mask.map((value, at) => {
    if (value === 0) return 0;
    const [row, column] = [Math.floor(at / columns), at % columns];
    const inside = offsets.every(([down, right]) => {
      const [r, c] = [row + down, column + right];
      return r >= 0 && r < rows && c >= 0 && c < columns && mask[r * columns + c] !== 0;
    });
    return inside ? 1 : 0;
  });
}
