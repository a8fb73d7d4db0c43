import type { Vector3 } from '../volume/volume.js';
import { badDicom } from './dicom-error.js';

/** World points (LPS, mm) of a closed contour; the last is joined to the first. */
export type Polygon = readonly Vector3[];

/** Contours on parallel planes. */
export interface ContourPlanes {
  readonly normal: Vector3;
  /** Places of the planes along the normal in ascending order, mm, with their contours. */
  readonly planes: readonly { readonly place: number; readonly polygons: readonly Polygon[] }[];
  /** Usual distance of the planes, mm; undefined for one plane. */
  readonly spacing: number | undefined;
}

/** Contours nearer than this are on one plane; a point may be off its plane by as much. mm. */
const samePlane = 0.1;

/** Sorts contours by plane. DATA_ERROR if one is not planar or not parallel to the others. */
export function contourPlanes(polygons: readonly Polygon[]): ContourPlanes {
  const normal = commonNormal(polygons);
  const placed = unique(polygons)
    .map((polygon) => ({ polygon, place: planePlace(polygon, normal) }))
    .sort((a, b) => a.place - b.place);
  const planes: { place: number; polygons: Polygon[] }[] = [];
  for (const { polygon, place } of placed) {
    const last = planes.at(-1);
    if (last !== undefined && place - last.place <= samePlane) last.polygons.push(polygon);
    else planes.push({ place, polygons: [polygon] });
  }
  const gaps = planes.slice(1).map(({ place }, i) => place - (planes[i]?.place as number));
  gaps.sort((a, b) => a - b);
  return { normal, planes, spacing: gaps[Math.floor(gaps.length / 2)] };
}

/** Of the contour of the largest area, where rounding matters least. */
function commonNormal(polygons: readonly Polygon[]): Vector3 {
  const areas = polygons.map(areaVector).map((area) => ({ area, length: Math.hypot(...area) }));
  const { area: largest, length } = areas.reduce((a, b) => (b.length > a.length ? b : a));
  if (length === 0) throw badDicom('the contours enclose no area');
  return largest.map((v) => v / length) as unknown as Vector3;
}

/** Newell's formula: twice the area, along the normal. */
function areaVector(polygon: Polygon): Vector3 {
  const sum: [number, number, number] = [0, 0, 0];
  const [o] = polygon as readonly [Vector3];
  polygon.forEach((point, i) => {
    const a = point.map((v, k) => v - (o[k] as number)) as unknown as Vector3;
    const next = polygon[(i + 1) % polygon.length] as Vector3;
    const b = next.map((v, k) => v - (o[k] as number)) as unknown as Vector3;
    sum[0] += a[1] * b[2] - a[2] * b[1];
    sum[1] += a[2] * b[0] - a[0] * b[2];
    sum[2] += a[0] * b[1] - a[1] * b[0];
  });
  return sum;
}

function planePlace(polygon: Polygon, normal: Vector3): number {
  const places = polygon.map((p) => p[0] * normal[0] + p[1] * normal[1] + p[2] * normal[2]);
  const mean = places.reduce((a, b) => a + b, 0) / places.length;
  const off = places.reduce((worst, p) => Math.max(worst, Math.abs(p - mean)), 0);
  if (off <= samePlane) return mean;
  throw badDicom('a contour is not planar, or not parallel to the others', {
    positionMm: Number(mean.toFixed(2)),
    offMm: Number(off.toFixed(2)),
  });
}

/** A contour that is there twice would cancel itself out. */
function unique(polygons: readonly Polygon[]): Polygon[] {
  const seen = new Map(polygons.map((polygon) => [JSON.stringify(polygon), polygon]));
  return [...seen.values()];
}
