import type { Rgb } from './colors.js';

/** An RGB picture, `[height, width, 3]`, row major, 0..255. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export function createRaster(width: number, height: number, color: Rgb): Raster {
  const raster = { width, height, data: new Uint8Array(width * height * 3) };
  fillRectangle(raster, 0, 0, width, height, color);
  return raster;
}

/** Fills a rectangle; what lies outside the picture is left out. */
export function fillRectangle(
  raster: Raster,
  left: number,
  top: number,
  width: number,
  height: number,
  color: Rgb,
): void {
  const begin = Math.max(0, left);
  const end = Math.min(raster.width, left + width);
  const first = Math.max(0, top);
  const bottom = Math.min(raster.height, top + height);
  if (begin >= end || first >= bottom) return;
  const offset = (row: number, column: number) => (row * raster.width + column) * 3;
  for (let x = begin; x < end; x++) raster.data.set(color, offset(first, x));
  for (let y = first + 1; y < bottom; y++) {
    raster.data.copyWithin(offset(y, begin), offset(first, begin), offset(first, end));
  }
}

/** Copies a picture into another, each pixel as a square of `scale` pixels (nearest neighbour). */
export function drawScaled(
  target: Raster,
  source: Raster,
  left: number,
  top: number,
  scale: number,
): void {
  const row = new Uint8Array(source.width * scale * 3);
  for (let y = 0; y < source.height; y++) {
    for (let x = 0; x < source.width * scale; x++) {
      const from = (y * source.width + Math.floor(x / scale)) * 3;
      row[x * 3] = source.data[from] as number;
      row[x * 3 + 1] = source.data[from + 1] as number;
      row[x * 3 + 2] = source.data[from + 2] as number;
    }
    for (let i = 0; i < scale; i++) {
      target.data.set(row, ((top + y * scale + i) * target.width + left) * 3);
    }
  }
}
