import { type Html, html } from '../page/html.js';
import { plotSvg } from './vega-plot.js';

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

const colors = ['var(--s0)', 'var(--s1)', 'var(--s2)'];
const dashes = [
  [1, 0],
  [7, 3],
  [2, 3],
];

/** A line chart; lines differ in colour and dash. The legend is HTML, so that it wraps. */
export async function lineChart(chart: LineChart): Promise<Html> {
  const { series, yRange } = chart;
  const values = series.flatMap(({ name, points, marked = false }) =>
    points.map(([x, y]) => ({ name, x, y, marked })),
  );
  const encoding = {
    x: { field: 'x', type: 'quantitative', axis: { title: chart.xLabel, tickCount: 5 } },
    y: {
      field: 'y',
      type: 'quantitative',
      axis: { title: chart.yLabel, tickCount: 5 },
      scale: yRange === undefined ? {} : { domain: [...yRange] },
    },
    color: { field: 'name', type: 'nominal', sort: null, scale: { range: colors }, legend: null },
  } as const;
  const svg = await plotSvg(
    {
      width: 300,
      height: 185,
      padding: { left: 52, right: 14, top: 10, bottom: 42 },
      data: { values },
      layer: [
        {
          mark: { type: 'line', strokeWidth: 2 },
          encoding: {
            ...encoding,
            strokeDash: { field: 'name', sort: null, scale: { range: dashes }, legend: null },
          },
        },
        {
          transform: [{ filter: 'datum.marked' }],
          mark: { type: 'point', filled: true, size: 22, opacity: 1 },
          encoding,
        },
      ],
    },
    describe(chart),
  );
  return html`<figure class="chart plot"><figcaption>${chart.title}</figcaption>${svg}
<ul class="legend">${series.map(
    ({ name }, i) =>
      html`<li><svg viewBox="0 0 24 8" aria-hidden="true"><path class="series s${i % colors.length}" d="M0 4H24"/></svg>${name}</li>`,
  )}</ul>
</figure>`;
}

function describe(chart: LineChart): string {
  const ends = chart.series.map(({ name, points }) => {
    const last = points.findLast(([, y]) => y !== null);
    return last === undefined
      ? `${name}: no value`
      : `${name}: ${Number(last[1]?.toPrecision(4))} at ${chart.xLabel} ${last[0]}`;
  });
  return `${chart.title}. ${ends.join('; ')}.`;
}
