import { groupBy } from '../collections/group-by.js';
import type { DicomSlice } from './slice.js';
import { placeOf } from './slice-order.js';

/** Slices of one pass over the patient. */
export interface AcquiredSlices {
  readonly slices: readonly DicomSlice[];
  /** AcquisitionNumber, or the rank in time where the number does not tell the passes apart. */
  readonly acquisition?: number | undefined;
}

/** What tells passes apart, the most trusted first. */
const discriminators: readonly ((slice: DicomSlice) => string | number | undefined)[] = [
  (slice) => slice.acquisition,
  (slice) => slice.temporalPosition,
  (slice) => slice.echo,
  (slice) => slice.bValue,
  (slice) => slice.frameType,
];
/** Slices at one place within this, mm. */
const samePlace = 0.01;
/** Slices thicker than this part of their distance overlap. */
const thickest = 1.25;
/** A group of fewer slices is no pass of its own. */
const leastSlices = 3;

/**
 * Splits parallel slices of one series into passes: several acquisitions at the same places (a
 * "3 phase" series) must be told apart before slices are sorted. By AcquisitionNumber where
 * acquisitions overlap along the normal (but not odd and even slices of one stack), then by other numbers, then by AcquisitionTime. Table
 * positions with numbers of their own that together make one stack stay together.
 */
export function splitAcquisitions(slices: readonly DicomSlice[]): AcquiredSlices[] {
  let groups: DicomSlice[][] = [[...slices]];
  for (const by of discriminators) groups = groups.flatMap((group) => splitBy(group, by));
  const passes = groups.flatMap((group) => splitByTime(group));
  return passes
    .map((pass) => ({ slices: pass, time: timeOf(pass) }))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .map(({ slices: pass }, i, all) => ({ slices: pass, acquisition: nameOf(pass, i, all) }));
}

/** The number of a pass if it is its own, else its rank in time (from 1). */
function nameOf(
  pass: readonly DicomSlice[],
  rank: number,
  all: readonly { readonly slices: readonly DicomSlice[] }[],
): number | undefined {
  const numbers = (group: readonly DicomSlice[]) => new Set(group.map((s) => s.acquisition));
  const own = numbers(pass);
  const unique =
    own.size === 1 && all.every((o, i) => i === rank || !numbers(o.slices).has([...own][0]));
  if (unique) return [...own][0];
  return all.length === 1 ? undefined : rank + 1;
}

function splitBy(
  slices: DicomSlice[],
  by: (slice: DicomSlice) => string | number | undefined,
): DicomSlice[][] {
  const groups = groupsOf(slices, by);
  if (groups.length < 2) return [slices];
  if (doOverlap(groups)) return isInterleaved(slices) ? [slices] : groups;
  // Side by side: one stack in parts, or two scans of different regions.
  const regions = groups.every((group) => group.length >= leastSlices);
  return regions && !isEven(slices) ? groups : [slices];
}

/** Whether the ranges of two groups along the normal overlap. */
function doOverlap(groups: readonly (readonly DicomSlice[])[]): boolean {
  const ranges = groups
    .map((group) => group.map(placeOf))
    .map((places) => [Math.min(...places), Math.max(...places)] as const)
    .sort((a, b) => a[0] - b[0]);
  return ranges.some((r, i) => i > 0 && r[0] <= (ranges[i - 1]?.[1] as number) + samePlace);
}

/** Whether passes of a series lie between each other, at no place twice. */
export function areShifted(
  passes: readonly AcquiredSlices[],
  slices: readonly DicomSlice[],
): boolean {
  return !repeats(slices) && doOverlap(passes.map((pass) => pass.slices));
}

/**
 * Splits slices that repeat places by their time of acquisition: by equal times, or where each
 * slice has its own, at the moment when a place comes again. Left together if neither separates
 * them, so that the repeated places are reported.
 */
function splitByTime(slices: DicomSlice[]): DicomSlice[][] {
  if (!repeats(slices)) return [slices];
  const fair = (groups: DicomSlice[][]) =>
    groups.length > 1 &&
    groups.every((g) => g.length >= leastSlices && !repeats(g)) &&
    groups.every((g) => groups.some((other) => other !== g && coversSame(g, other)));
  const byTime = groupsOf(slices, (slice) => slice.acquisitionTime ?? slice.facts.contentTime);
  if (fair(byTime)) return byTime;
  const ordered = [...slices].sort((a, b) => {
    const [x, y] = [sliceTime(a), sliceTime(b)];
    return x < y ? -1 : x > y ? 1 : (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0);
  });
  const runs: DicomSlice[][] = [];
  let seen: number[] = [];
  for (const slice of ordered) {
    const place = placeOf(slice);
    if (runs.length === 0 || seen.some((p) => Math.abs(p - place) <= samePlace)) {
      runs.push([]);
      seen = [];
    }
    runs.at(-1)?.push(slice);
    seen.push(place);
  }
  return fair(runs) ? runs : [slices];
}

/**
 * Whether two passes go over the same region: the smaller shares half of its places at least. A
 * slice that is there twice by mistake makes two "passes" that share one place.
 */
function coversSame(a: readonly DicomSlice[], b: readonly DicomSlice[]): boolean {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a];
  const places = large.map(placeOf);
  const shared = small.filter((slice) => {
    const place = placeOf(slice);
    return places.some((p) => Math.abs(p - place) <= samePlace);
  });
  return 2 * shared.length >= small.length;
}

function repeats(slices: readonly DicomSlice[]): boolean {
  const places = slices.map(placeOf).sort((a, b) => a - b);
  return places.some((p, i) => i > 0 && p - (places[i - 1] as number) <= samePlace);
}

/**
 * Whether groups that lie between each other are one stack: even together, no place twice, and slices
 * no thicker than their distance. (Thicker ones are two scans of one region that are shifted by half a slice.)
 */
function isInterleaved(slices: readonly DicomSlice[]): boolean {
  if (repeats(slices) || !isEven(slices)) return false;
  const places = slices.map(placeOf);
  const spacing = (Math.max(...places) - Math.min(...places)) / (slices.length - 1);
  const thickness = slices[0]?.sliceThickness ?? spacing;
  return thickness <= thickest * spacing;
}

function isEven(slices: readonly DicomSlice[]): boolean {
  const places = slices.map(placeOf).sort((a, b) => a - b);
  const gaps = places.slice(1).map((p, i) => p - (places[i] as number));
  return Math.max(...gaps) - Math.min(...gaps) <= 0.2 * Math.min(...gaps);
}

function timeOf(slices: readonly DicomSlice[]): string {
  return slices.map(sliceTime).sort()[0] as string;
}

/** HHMMSS.FFFFFF compares as text. */
function sliceTime(slice: DicomSlice): string {
  return slice.acquisitionTime ?? slice.facts.contentTime ?? '';
}

/** Slices without a key are a group as well. */
function groupsOf(
  slices: readonly DicomSlice[],
  by: (slice: DicomSlice) => string | number | undefined,
): DicomSlice[][] {
  return [...groupBy(slices, (slice) => by(slice) ?? null).values()];
}
