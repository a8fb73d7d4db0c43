import type { Vector3, Volume } from '../volume/volume.js';
import { formatGreyPng } from './grey-png.js';
import type { VoxelBox } from './region.js';

/** Side of a field of the board, mm, and of a pixel of the picture. */
const fieldSize = 15;
const pixelSize = 0.75;
const gap = 8;

export interface CheckerboardInput {
  readonly fixed: Volume;
  /** The moving phase on the fixed grid, as it was and moved. */
  readonly before: Volume;
  readonly after: Volume;
  readonly region: VoxelBox;
  /** Voxel through which the slices go. */
  readonly centre: Vector3;
  /** Values shown black and white. */
  readonly window: readonly [number, number];
}

/**
 * A PNG of the two phases in alternating fields: left before, right after; above an axial, below a coronal slice. Where
 * edges run through from field to field the phases lie on each other. The same input gives the same bytes.
 */
export function checkerboard(input: CheckerboardInput): Uint8Array {
  const panels = [0, 1].map((row) =>
    [input.before, input.after].map((moving) => panel(input, moving, row === 0 ? 1 : 2)),
  ) as [[Panel, Panel], [Panel, Panel]];
  const width = 2 * panels[0][0].width + gap;
  const height = panels[0][0].height + gap + panels[1][0].height;
  const pixels = new Uint8Array(width * height).fill(255);
  let top = 0;
  for (const row of panels) {
    row.forEach((part, i) => {
      for (let y = 0; y < part.height; y += 1) {
        const line = part.pixels.subarray(y * part.width, (y + 1) * part.width);
        pixels.set(line, (top + y) * width + i * (part.width + gap));
      }
    });
    top += row[0].height + gap;
  }
  return formatGreyPng(pixels, width, height);
}

interface Panel {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A slice across x and one more axis: 1 (y) is axial, 2 (z) coronal with the head up. */
function panel(
  { fixed, region, centre, window }: CheckerboardInput,
  moving: Volume,
  down: 1 | 2,
): Panel {
  const { low, high } = region;
  const [nx, ny] = fixed.size;
  const extent = (axis: 0 | 1 | 2) => (high[axis] - low[axis]) * fixed.spacing[axis];
  const width = Math.max(1, Math.round(extent(0) / pixelSize));
  const height = Math.max(1, Math.round(extent(down) / pixelSize));
  const pixels = new Uint8Array(width * height);
  for (let v = 0; v < height; v += 1) {
    const below = down === 1 ? v : height - 1 - v;
    const second = voxelAt(below, fixed.spacing[down], low[down], high[down]);
    for (let u = 0; u < width; u += 1) {
      const x = voxelAt(u, fixed.spacing[0], low[0], high[0]);
      const y = down === 1 ? second : centre[1];
      const z = down === 2 ? second : centre[2];
      const field =
        Math.floor((u * pixelSize) / fieldSize) + Math.floor((v * pixelSize) / fieldSize);
      const shown = field % 2 === 0 ? fixed : moving;
      const value = shown.data[(z * ny + y) * nx + x] as number;
      const grey = (255 * (value - window[0])) / (window[1] - window[0]);
      pixels[v * width + u] = Math.min(255, Math.max(0, Math.round(grey)));
    }
  }
  return { width, height, pixels };
}

function voxelAt(pixel: number, spacing: number, low: number, high: number): number {
  return Math.min(high - 1, low + Math.floor(((pixel + 0.5) * pixelSize) / spacing));
}
