import { voxelToWorld } from '../volume/geometry.js';
import type { Grid, Vector3 } from '../volume/volume.js';
import type { ContourPlanes, Polygon } from './contour-planes.js';

/** An axis whose cosine with the normal is below this runs within a plane. */
const withinPlane = 1e-4;
const roundingMm = 1e-4;

/**
 * Marks in `data` (0/1, on `onto`) the voxels whose centre lies within an odd number of contours of
 * the nearest plane. Contours may be drawn on any plane (axial, sagittal ...): voxels are visited
 * along the axis of the grid that runs within it, line by line. Returns how many are marked.
 */
export function contoursOnGrid(contours: ContourPlanes, onto: Grid, data: Uint8Array): number {
  const { normal, planes } = contours;
  const axis = [0, 1, 2].reduce((a, b) =>
    Math.abs(cosine(onto, b, normal)) < Math.abs(cosine(onto, a, normal)) - 1e-9 ? b : a,
  );
  const right = axisWithin(onto, axis, normal);
  const down = cross(normal, right);
  const flat = planes.map(({ place, polygons }) => ({
    place,
    edges: edgesOf(polygons, right, down),
  }));
  const reach = 0.5 * (contours.spacing ?? spacingAlong(onto, normal));
  const isLine = Math.abs(cosine(onto, axis, normal)) < withinPlane;
  const others = [0, 1, 2].filter((a) => a !== axis) as [number, number];
  const strides = [1, onto.size[0], onto.size[0] * onto.size[1]];
  const length = onto.size[axis] as number;
  const stride = strides[axis] as number;
  let marked = 0;
  const index: [number, number, number] = [0, 0, 0];
  for (let b = 0; b < (onto.size[others[1]] as number); b += 1) {
    for (let a = 0; a < (onto.size[others[0]] as number); a += 1) {
      index[others[0]] = a;
      index[others[1]] = b;
      const base = a * (strides[others[0]] as number) + b * (strides[others[1]] as number);
      // Across oblique planes a line is cut into its voxels.
      const step = isLine ? length : 1;
      for (let from = 0; from < length; from += step) {
        index[axis] = from;
        const start = voxelToWorld(onto, index);
        const plane = nearestPlane(flat, dot(start, normal), reach);
        if (plane === undefined) continue;
        const spacing = onto.spacing[axis] as number;
        const crossings = crossingsOf(plane.edges, dot(start, down));
        const line = { first: dot(start, right), spacing, count: step };
        for (const [low, high] of insideRuns(crossings, line)) {
          for (let i = low; i < high; i += 1) data[base + (from + i) * stride] = 1;
          marked += high - low;
        }
      }
    }
  }
  return marked;
}

interface Edge {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

interface FlatPlane {
  readonly place: number;
  readonly edges: readonly Edge[];
}

function edgesOf(polygons: readonly Polygon[], right: Vector3, down: Vector3): Edge[] {
  return polygons.flatMap((polygon) =>
    polygon.map((p, i) => {
      const q = polygon[(i + 1) % polygon.length] as Vector3;
      return { x0: dot(p, right), y0: dot(p, down), x1: dot(q, right), y1: dot(q, down) };
    }),
  );
}

/** Where the line at `y` crosses edges, ascending; an edge counts its lower end and not its upper. */
function crossingsOf(edges: readonly Edge[], y: number): number[] {
  const found: number[] = [];
  for (const { x0, y0, x1, y1 } of edges) {
    if (y0 <= y === y1 <= y) continue;
    found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return found.sort((a, b) => a - b);
}

/** Runs of voxels of a line between an odd crossing and the next: [first, end). */
function insideRuns(
  crossings: readonly number[],
  line: { readonly first: number; readonly spacing: number; readonly count: number },
): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  const indexOf = (x: number) =>
    Math.min(Math.max(Math.ceil((x - line.first) / line.spacing), 0), line.count);
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const low = indexOf(crossings[i] as number);
    const high = indexOf(crossings[i + 1] as number);
    if (high > low) runs.push([low, high]);
  }
  return runs;
}

/** The middle between two planes is the lower one's, so that no plane counts twice. */
function nearestPlane(
  planes: readonly FlatPlane[],
  place: number,
  reach: number,
): FlatPlane | undefined {
  let best: FlatPlane | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const plane of planes) {
    const above = place - plane.place;
    const within = above <= reach + roundingMm && above > -reach + roundingMm;
    if (within && Math.abs(above) < least) [best, least] = [plane, Math.abs(above)];
  }
  return best;
}

/** Spacing of the grid along the axis nearest to the normal. */
function spacingAlong(onto: Grid, normal: Vector3): number {
  const axis = [0, 1, 2].reduce((a, b) =>
    Math.abs(cosine(onto, b, normal)) > Math.abs(cosine(onto, a, normal)) ? b : a,
  );
  return onto.spacing[axis] as number;
}

function axisOf({ direction }: Grid, axis: number): Vector3 {
  return [direction[axis], direction[3 + axis], direction[6 + axis]] as unknown as Vector3;
}

function cosine(onto: Grid, axis: number, normal: Vector3): number {
  return dot(axisOf(onto, axis), normal);
}

/** The axis of the grid, made exactly perpendicular to the normal. */
function axisWithin(onto: Grid, axis: number, normal: Vector3): Vector3 {
  const a = axisOf(onto, axis);
  const along = dot(a, normal);
  const flat = a.map((v, i) => v - along * (normal[i] as number));
  const length = Math.hypot(...flat);
  return flat.map((v) => v / length) as unknown as Vector3;
}

function dot(a: Vector3, b: Vector3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector3, b: Vector3): Vector3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
