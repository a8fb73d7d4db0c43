import type { Grid, Vector3 } from '../volume/index.js';
import { addWaveRow, type PlaneWaves } from './plane-waves.js';
import type { Shape } from './shapes.js';

/** One volume of HU a phase, all on the same axial grid. */
export interface Canvas {
  readonly grid: Grid;
  readonly phases: readonly Float32Array[];
}

export interface PaintOptions {
  /** Width of the edge over which the fraction of the tissue falls from 1 to 0, mm. */
  readonly edge: number;
  /** HU added inside, the same in every phase. */
  readonly texture?: PlaneWaves | undefined;
  /** Paints only where this volume is, in proportion to its value 0..1. */
  readonly within?: Float32Array | undefined;
  /** Receives the painted fraction. */
  readonly fraction?: Float32Array | undefined;
  /** Loses what is painted over. */
  readonly carve?: Float32Array | undefined;
}

/** Voxel ranges, exclusive at the upper end. */
export type Box = readonly [lower: Vector3, upper: Vector3];

/** The voxels that a shape and its edge can touch; undefined if none. */
export function boxOf(shape: Shape, grid: Grid, margin: number): Box | undefined {
  const axes = [0, 1, 2] as const;
  const lower = axes.map((axis) => {
    const position = (shape.bounds[0][axis] - margin - grid.origin[axis]) / grid.spacing[axis];
    return Math.max(0, Math.ceil(position));
  });
  const upper = axes.map((axis) => {
    const position = (shape.bounds[1][axis] + margin - grid.origin[axis]) / grid.spacing[axis];
    return Math.min(grid.size[axis], Math.floor(position) + 1);
  });
  if (axes.some((axis) => (lower[axis] as number) >= (upper[axis] as number))) return undefined;
  return [lower as unknown as Vector3, upper as unknown as Vector3];
}

/** Calls back with each row of a box: voxel offset of its first point and world position. */
export function forEachRow(
  grid: Grid,
  [lower, upper]: Box,
  visit: (offset: number, x0: number, y: number, z: number) => void,
): void {
  const [nx, ny] = grid.size;
  const x0 = grid.origin[0] + lower[0] * grid.spacing[0];
  for (let k = lower[2]; k < upper[2]; k++) {
    const z = grid.origin[2] + k * grid.spacing[2];
    for (let j = lower[1]; j < upper[1]; j++) {
      visit((k * ny + j) * nx + lower[0], x0, grid.origin[1] + j * grid.spacing[1], z);
    }
  }
}

/** Paints a shape with one value a phase (HU) over what is there, mixing at its edge. */
export function paint(
  canvas: Canvas,
  shape: Shape,
  values: readonly number[],
  options: PaintOptions,
): void {
  const { grid, phases } = canvas;
  const { edge, texture = [], within, fraction, carve } = options;
  const box = boxOf(shape, grid, edge / 2);
  if (box === undefined) return;
  const n = box[1][0] - box[0][0];
  const dx = grid.spacing[0];
  const alphas = new Float64Array(n);
  const textureRow = new Float64Array(n);
  forEachRow(grid, box, (offset, x0, y, z) => {
    if (shape.misses?.(edge / 2, y, z)) return;
    shape.distanceRow(alphas, x0, dx, n, y, z);
    if (!toFractions(alphas, n, edge, within, offset)) return;
    if (texture.length > 0) {
      textureRow.fill(0);
      addWaveRow(textureRow, texture, x0, dx, n, y, z);
    }
    phases.forEach((data, p) => {
      blendRow(data, offset, alphas, values[p] as number, textureRow, n);
    });
    if (fraction !== undefined) maximumRow(fraction, offset, alphas, n);
    if (carve !== undefined) carveRow(carve, offset, alphas, n);
  });
}

/** Distances to fractions 0..1, in place; false if all are 0. */
function toFractions(
  row: Float64Array,
  n: number,
  edge: number,
  within: Float32Array | undefined,
  offset: number,
): boolean {
  let any = false;
  for (let i = 0; i < n; i++) {
    let alpha = Math.max(0, Math.min(1, 0.5 - (row[i] as number) / edge));
    if (within !== undefined) alpha *= within[offset + i] as number;
    row[i] = alpha;
    any ||= alpha > 0;
  }
  return any;
}

function blendRow(
  data: Float32Array,
  offset: number,
  alphas: Float64Array,
  value: number,
  texture: Float64Array,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const alpha = alphas[i] as number;
    if (alpha === 0) continue;
    if (alpha === 1) {
      data[offset + i] = value + (texture[i] as number);
      continue;
    }
    const old = data[offset + i] as number;
    data[offset + i] = old + alpha * (value + (texture[i] as number) - old);
  }
}

function maximumRow(data: Float32Array, offset: number, alphas: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    if ((alphas[i] as number) > (data[offset + i] as number))
      data[offset + i] = alphas[i] as number;
  }
}

function carveRow(data: Float32Array, offset: number, alphas: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    data[offset + i] = (data[offset + i] as number) * (1 - (alphas[i] as number));
  }
}
