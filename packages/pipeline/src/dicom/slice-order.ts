import type { CaseFinding } from '../check/finding.js';
import { upperMedian } from '../collections/median.js';
import type { Grid, Matrix3, Vector3 } from '../volume/volume.js';
import type { DicomSlice } from './slice.js';

/** A stack of parallel planes in order, with what is wrong with it. Lengths in mm. */
export interface OrderedSlices {
  readonly slices: readonly DicomSlice[];
  readonly grid: Grid;
  /** Errors: the slices do not make a volume. Warnings: headers that contradict the positions. */
  readonly findings: readonly CaseFinding[];
}

/** A slice may be off its place in an even stack by this part of the spacing, but no more than. */
const placePart = 0.1;
const placeLimit = 0.1;
/** Two slices nearer than this are at one place. */
const samePlace = 0.01;
/** In-plane drift from slice to slice, cosine of the tilt: 0.06 degrees. */
const tiltCosine = 1e-3;
const driftLimit = 0.05;
/** Faults that are listed one by one; the rest is counted. */
const mostListed = 5;

/** The slice normal: row direction x column direction. */
export function normalOf(orientation: readonly number[]): Vector3 {
  const [a, b, c, d, e, f] = orientation as [number, number, number, number, number, number];
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

/** Place of a slice along its normal, mm. */
export function placeOf(slice: DicomSlice): number {
  const normal = normalOf(slice.orientation);
  return normal.reduce((sum, n, i) => sum + n * (slice.position[i] as number), 0);
}

/**
 * Orders parallel slices by their place along the normal and checks that they make an even stack.
 * Nothing is averaged away: a fault is a finding of severity error, with the file and the position.
 */
export function orderSlices(unordered: readonly DicomSlice[]): OrderedSlices {
  const placed = unordered
    .map((slice) => ({ slice, place: placeOf(slice) }))
    .sort((a, b) => a.place - b.place || inOrder(a.slice, b.slice));
  const slices = placed.map(({ slice }) => slice);
  const places = placed.map(({ place }) => place);
  const spacing = sliceSpacing(slices, places);
  const findings = [
    ...gapFindings(slices, places),
    ...driftFindings(slices, places),
    ...spacingTagFinding(slices, spacing),
  ];
  return { slices, grid: gridOf(slices, spacing), findings };
}

function inOrder(a: DicomSlice, b: DicomSlice): number {
  return a.facts.file < b.facts.file ? -1 : a.facts.file > b.facts.file ? 1 : a.frame - b.frame;
}

/** Spacing of an even stack; of a single slice what its header says. */
function sliceSpacing(slices: readonly DicomSlice[], places: readonly number[]): number {
  const extent = (places.at(-1) as number) - (places[0] as number);
  const distinct = places.filter((p, i) => i === 0 || p - (places[i - 1] as number) > samePlace);
  // Positions are decimal texts: below 1 nm there is only rounding.
  if (distinct.length > 1) return Number((extent / (distinct.length - 1)).toFixed(6));
  return slices[0]?.spacingBetweenSlices ?? slices[0]?.sliceThickness ?? 1;
}

function gridOf(slices: readonly DicomSlice[], spacing: number): Grid {
  const [front] = slices as [DicomSlice];
  const o = front.orientation as unknown as [number, number, number, number, number, number];
  const n = normalOf(o);
  const direction = [o[0], o[3], n[0], o[1], o[4], n[1], o[2], o[5], n[2]].map((v) => v + 0);
  const { columns, rows } = front.facts.pixels;
  return {
    size: [columns, rows, slices.length],
    spacing: [...front.pixelSpacing, spacing],
    origin: front.position,
    direction: direction as unknown as Matrix3,
    frameOfReference: front.facts.frameOfReference,
  };
}

function gapFindings(slices: readonly DicomSlice[], places: readonly number[]): CaseFinding[] {
  const gaps = places.slice(1).map((place, i) => place - (places[i] as number));
  const apart = gaps.filter((gap) => gap > samePlace);
  const usual = upperMedian(apart) ?? 1;
  const faults = gaps.flatMap((gap, i): CaseFinding[] => {
    const [before, after] = [slices[i], slices[i + 1]] as [DicomSlice, DicomSlice];
    const [from, to] = [mm(places[i] as number), mm(places[i + 1] as number)];
    if (gap <= samePlace) {
      return [
        fault(
          'DUPLICATE_SLICE',
          after,
          `two slices at ${to} mm along the normal (${pair(before, after)})`,
          'remove one of the two files, or name the acquisition that is meant',
        ),
      ];
    }
    const times = gap / usual;
    if (times >= 1.5 && Math.abs(times - Math.round(times)) <= placePart * Math.round(times)) {
      const count = Math.round(times) - 1;
      return [
        fault(
          'MISSING_SLICE',
          after,
          `${count} ${count === 1 ? 'slice is' : 'slices are'} missing between ${from} and ${to} mm along the normal (spacing ${mm(usual)} mm)`,
          'copy the series again from its source; a gap cannot be filled',
        ),
      ];
    }
    if (Math.abs(gap - usual) <= tolerance(usual)) return [];
    return [
      uneven(
        after,
        `slices at ${from} and ${to} mm are ${mm(gap)} mm apart, others ${mm(usual)} mm`,
      ),
    ];
  });
  return limited(faults.length > 0 ? faults : creepFindings(slices, places));
}

/** Gaps may each be fair and yet add up: each slice against its place in the even stack. */
function creepFindings(slices: readonly DicomSlice[], places: readonly number[]): CaseFinding[] {
  const [start, end] = [places[0] as number, places.at(-1) as number];
  const spacing = (end - start) / Math.max(1, places.length - 1);
  return slices.flatMap((slice, i) => {
    const off = (places[i] as number) - (start + i * spacing);
    if (Math.abs(off) <= tolerance(spacing)) return [];
    return [
      uneven(slice, `the slice at ${mm(places[i] as number)} mm is ${mm(off)} mm off its place`),
    ];
  });
}

function tolerance(spacing: number): number {
  return Math.min(placeLimit, placePart * spacing);
}

/** A tilted gantry, or a slice that lies beside the others. */
function driftFindings(slices: readonly DicomSlice[], places: readonly number[]): CaseFinding[] {
  const [front] = slices as [DicomSlice];
  const drifts = slices.map((slice, i) => {
    const along = (places[i] as number) - (places[0] as number);
    const normal = normalOf(front.orientation);
    return slice.position.map(
      (p, axis) => p - (front.position[axis] as number) - along * (normal[axis] as number),
    );
  });
  const extent = (places.at(-1) as number) - (places[0] as number);
  const last = drifts.at(-1) as number[];
  const allowed = (i: number) =>
    driftLimit + tiltCosine * Math.abs((places[i] as number) - (places[0] as number));
  if (drifts.every((drift, i) => Math.hypot(...drift) <= allowed(i))) return [];
  const steady =
    extent > 0 &&
    drifts.every((drift, i) => {
      const part = ((places[i] as number) - (places[0] as number)) / extent;
      return Math.hypot(...drift.map((d, axis) => d - part * (last[axis] as number))) <= allowed(i);
    });
  if (steady) {
    const degrees = (Math.atan2(Math.hypot(...last), extent) * 180) / Math.PI;
    return [
      fault(
        'GANTRY_TILT',
        slices.at(-1) as DicomSlice,
        `slices are shifted by ${mm(Math.hypot(...last))} mm over ${mm(extent)} mm: the gantry was tilted by ${degrees.toFixed(1)} degrees`,
        'resample the series onto an orthogonal grid',
      ),
    ];
  }
  return limited(
    slices.flatMap((slice, i) => {
      const shift = Math.hypot(...(drifts[i] as number[]));
      if (shift <= allowed(i)) return [];
      return [
        fault(
          'SHIFTED_SLICE',
          slice,
          `the slice at ${mm(places[i] as number)} mm lies ${mm(shift)} mm beside the first`,
          'check the image positions; the series may mix two scans',
        ),
      ];
    }),
  );
}

/** Positions decide; a tag that says otherwise is worth a word. */
function spacingTagFinding(slices: readonly DicomSlice[], spacing: number): CaseFinding[] {
  const [front] = slices as [DicomSlice];
  const told = front.spacingBetweenSlices;
  if (slices.length < 2 || told === undefined) return [];
  if (Math.abs(told - spacing) <= Math.max(0.01, 0.01 * spacing)) return [];
  return [
    {
      severity: 'warning',
      code: 'SPACING_TAG',
      message: `SpacingBetweenSlices says ${mm(told)} mm, the positions ${mm(spacing)} mm`,
      remedy: 'nothing to do: the positions are taken',
      file: front.facts.file,
    },
  ];
}

function uneven(slice: DicomSlice, message: string): CaseFinding {
  return fault('UNEVEN_SLICES', slice, message, 'resample the series, or choose another one');
}

function fault(
  code: CaseFinding['code'],
  slice: DicomSlice,
  message: string,
  remedy: string,
): CaseFinding {
  return { severity: 'error', code, message, remedy, file: slice.facts.file };
}

function limited(faults: CaseFinding[]): CaseFinding[] {
  const more = faults.length - mostListed;
  if (more <= 0) return faults;
  const last = faults[mostListed - 1] as CaseFinding;
  return [
    ...faults.slice(0, mostListed - 1),
    { ...last, message: `${last.message}; and ${more} more` },
  ];
}

function pair(a: DicomSlice, b: DicomSlice): string {
  const number = (slice: DicomSlice) => slice.instanceNumber ?? `frame ${slice.frame + 1}`;
  return `instances ${number(a)} and ${number(b)}`;
}

function mm(value: number): string {
  return String(Number(value.toFixed(3)));
}
