import { voxelToWorld } from '../volume/geometry.js';
import type { Grid, Vector3 } from '../volume/volume.js';
import type { DicomSlice } from './slice.js';
import { normalOf, placeOf } from './slice-order.js';

/** A parallel plane with its pixels marked 0 or 1. */
export interface MaskPlane {
  readonly slice: DicomSlice;
  readonly mask: Uint8Array;
}

/**
 * Marks in `data` (0/1, on `onto`) the voxels whose nearest pixel on the nearest plane is marked.
 * A plane reaches half of `spacing` mm to
 * both sides (the middle between two planes is the lower one's, so that no plane counts twice). Several planes at one place are united.
 * Returns how many voxels are marked.
 */
export function planesOnGrid(
  planes: readonly MaskPlane[],
  spacing: number,
  onto: Grid,
  data: Uint8Array,
): number {
  const byPlace = planes
    .map((plane) => ({ plane, place: placeOf(plane.slice) }))
    .sort((a, b) => a.place - b.place);
  const places = byPlace.map(({ place }) => place);
  const lookups = byPlace.map(({ plane }) => pixelLookup(plane.slice, onto));
  const [nx, ny, nz] = onto.size;
  const reach = spacing * 0.5;
  const [along] = lookups as [PixelLookup];
  let marked = 0;
  // On parallel grids a whole slice has one place.
  let last = Number.NaN;
  let here = none;
  for (let z = 0; z < nz; z += 1) {
    if (!touches(along, places, reach, onto.size, z)) continue;
    for (let y = 0; y < ny; y += 1) {
      for (let x = 0; x < nx; x += 1) {
        const place = at(along.place, x, y, z);
        if (Math.abs(place - last) > 1e-9 || Number.isNaN(last)) {
          here = nearest(places, place, reach);
          last = place;
        }
        for (const i of here) {
          const { column, row, columns, rows } = lookups[i] as PixelLookup;
          const c = Math.round(at(column, x, y, z));
          const r = Math.round(at(row, x, y, z));
          if (c < 0 || r < 0 || c >= columns || r >= rows) continue;
          if ((byPlace[i] as { plane: MaskPlane }).plane.mask[r * columns + c] !== 1) continue;
          const to = (z * ny + y) * nx + x;
          if (data[to] === 0) marked += 1;
          data[to] = 1;
        }
      }
    }
  }
  return marked;
}

/** Linear in the voxel index: constant, then the coefficients of x, y and z. */
type Linear = readonly [number, number, number, number];

interface PixelLookup {
  readonly column: Linear;
  readonly row: Linear;
  /** Along the normal, mm. */
  readonly place: Linear;
  readonly columns: number;
  readonly rows: number;
}

function at(f: Linear, x: number, y: number, z: number): number {
  return f[0] + f[1] * x + f[2] * y + f[3] * z;
}

function pixelLookup(slice: DicomSlice, onto: Grid): PixelLookup {
  const o = slice.orientation;
  const [dx, dy] = slice.pixelSpacing;
  const linear = (axis: readonly number[], origin: readonly number[], step: number): Linear => {
    const value = (index: Vector3) =>
      voxelToWorld(onto, index).reduce(
        (sum, p, i) => sum + (p - (origin[i] as number)) * (axis[i] as number),
        0,
      ) / step;
    const zero = value([0, 0, 0]);
    return [zero, value([1, 0, 0]) - zero, value([0, 1, 0]) - zero, value([0, 0, 1]) - zero];
  };
  return {
    column: linear(o.slice(0, 3), slice.position, dx),
    row: linear(o.slice(3), slice.position, dy),
    place: linear(normalOf(o), [0, 0, 0], 1),
    columns: slice.facts.pixels.columns,
    rows: slice.facts.pixels.rows,
  };
}

/** Whether any voxel of a slice of the grid may lie within reach of a plane. */
function touches(
  { place }: PixelLookup,
  places: readonly number[],
  reach: number,
  size: Vector3,
  z: number,
): boolean {
  const corners = [
    [0, 0],
    [size[0] - 1, 0],
    [0, size[1] - 1],
    [size[0] - 1, size[1] - 1],
  ].map(([x, y]) => at(place, x as number, y as number, z));
  const [low, high] = [Math.min(...corners) - reach, Math.max(...corners) + reach];
  return places.some((p) => p >= low - roundingMm && p <= high + roundingMm);
}

const none: readonly number[] = [];
const roundingMm = 1e-4;

/** Indices of the planes at the nearest place within reach; several share it where they overlap. */
function nearest(places: readonly number[], place: number, reach: number): readonly number[] {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) < place) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [places[low - 1], places[low]];
  const toBefore = before === undefined ? Number.POSITIVE_INFINITY : place - before;
  const toAfter = after === undefined ? Number.POSITIVE_INFINITY : after - place;
  // Below 0.1 µm there is only rounding.
  const isBefore = toBefore <= toAfter + roundingMm;
  if (isBefore ? toBefore > reach + roundingMm : toAfter >= reach - roundingMm) return none;
  const best = (isBefore ? before : after) as number;
  const found: number[] = [];
  for (let i = low - 1; i >= 0 && Math.abs((places[i] as number) - best) < 1e-3; i -= 1)
    found.push(i);
  for (let i = low; i < places.length && Math.abs((places[i] as number) - best) < 1e-3; i += 1)
    found.push(i);
  return found;
}
