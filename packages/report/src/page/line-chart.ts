import { type Html, html } from './html.js';

export interface Series {
  readonly name: string;
  /** (x, y) pairs with rising x; a null y is a gap. */
  readonly points: readonly (readonly [number, number | null])[];
  /** Few points are marked with dots. */
  readonly marked?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Fixed range of y; else from the data, 0 included. */
  readonly yRange?: readonly [number, number];
}

const size = { width: 360, height: 240, left: 50, right: 12, top: 12, bottom: 40 };

/**
 * A line chart as SVG, drawn for a column of 300 to 500 px. Lines differ in colour and dash; the legend is HTML, so that
 * it wraps. Colours come from the page's style sheet.
 */
export function lineChart(chart: LineChart): Html {
  const points = chart.series.flatMap((series) => series.points);
  const xs = points.map(([x]) => x);
  const ys = points.flatMap(([, y]) => (y === null ? [] : [y]));
  const xTicks = ticks(minOf(xs, 0), maxOf(xs, 1), 5);
  const [yLow, yHigh] = chart.yRange ?? [Math.min(0, minOf(ys, 0)), maxOf(ys, 1)];
  const yTicks = ticks(yLow, yHigh, 5);
  const toX = scale(xTicks.low, xTicks.high, size.left, size.width - size.right);
  const toY = scale(yTicks.low, yTicks.high, size.height - size.bottom, size.top);
  const right = size.width - size.right;
  const bottom = size.height - size.bottom;
  return html`<figure class="chart">
<figcaption>${chart.title}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${describe(chart)}">
<g class="grid">${yTicks.values.map(
    (y) =>
      html`<line x1="${size.left}" x2="${right}" y1="${fixed(toY(y))}" y2="${fixed(toY(y))}"/>`,
  )}</g>
<g class="axis">${yTicks.values.map(
    (y) =>
      html`<text x="${size.left - 6}" y="${fixed(toY(y) + 4)}" text-anchor="end">${tickText(y)}</text>`,
  )}${xTicks.values.map(
    (x) =>
      html`<text x="${fixed(toX(x))}" y="${bottom + 16}" text-anchor="middle">${tickText(x)}</text>`,
  )}<text x="${fixed((size.left + right) / 2)}" y="${size.height - 6}" text-anchor="middle">${chart.xLabel}</text>
<text transform="translate(12 ${fixed((size.top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${chart.yLabel}</text></g>
${chart.series.map((series, i) => drawSeries(series, i, toX, toY))}
</svg>
<ul class="legend">${chart.series.map(
    (series, i) =>
      html`<li><svg viewBox="0 0 24 8" aria-hidden="true"><path class="series s${i}" d="M0 4H24"/></svg>${series.name}</li>`,
  )}</ul>
</figure>`;
}

function drawSeries(
  series: Series,
  index: number,
  toX: (x: number) => number,
  toY: (y: number) => number,
): Html {
  let pen = 'M';
  let path = '';
  for (const [x, y] of series.points) {
    if (y === null) {
      pen = 'M';
      continue;
    }
    path += `${pen}${fixed(toX(x))} ${fixed(toY(y))}`;
    pen = 'L';
  }
  const dots = series.marked
    ? series.points.flatMap(([x, y]) =>
        y === null
          ? []
          : [
              html`<circle class="dot s${index}" cx="${fixed(toX(x))}" cy="${fixed(toY(y))}" r="2.5"/>`,
            ],
      )
    : [];
  return html`<path class="series s${index}" d="${path}"/>${dots}`;
}

/** Round tick values (1, 2 or 5 times a power of ten) that cover the range. */
export function ticks(
  low: number,
  high: number,
  about: number,
): { low: number; high: number; values: number[] } {
  const span = high > low ? high - low : Math.max(1, Math.abs(low));
  const power = 10 ** Math.floor(Math.log10(span / about));
  const ratio = span / about / power;
  const step = power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const values = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  return { low: first * step, high: last * step, values };
}

function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

function describe(chart: LineChart): string {
  const ends = chart.series.map((series) => {
    const last = series.points.findLast(([, y]) => y !== null);
    return last === undefined
      ? `${series.name}: no value`
      : `${series.name}: ${tickText(last[1] as number)} at ${chart.xLabel} ${last[0]}`;
  });
  return `${chart.title}. ${ends.join('; ')}.`;
}

const fixed = (value: number): string => value.toFixed(1);

function tickText(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3))
    return value.toExponential(1);
  return String(Number(value.toPrecision(4)));
}

// Not Math.min(...): spreading a long run's points overflows the stack.
const minOf = (values: readonly number[], empty: number): number =>
  values.length === 0 ? empty : values.reduce((a, b) => Math.min(a, b));
const maxOf = (values: readonly number[], empty: number): number =>
  values.length === 0 ? empty : values.reduce((a, b) => Math.max(a, b));
