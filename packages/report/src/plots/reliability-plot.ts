import type { ScoredRun } from '../comparison/scored-method.js';
import { type Html, html } from '../page/html.js';
import { plotSvg } from './vega-plot.js';

const side = 250;
const colors = ['var(--s0)', 'var(--s1)', 'var(--s2)'];

/** Share of right decisions over the mean confidence of each bin; null where the method gives no probabilities. */
export async function reliabilityPlot(
  runs: readonly ScoredRun[],
  title: string,
): Promise<Html | null> {
  const bins = runs.flatMap(({ partition, metrics }) =>
    (metrics.reliability ?? [])
      .filter((bin) => bin.count > 0)
      .map(({ confidence, accuracy, count }) => ({ partition, confidence, accuracy, count })),
  );
  if (bins.length === 0) return null;
  const domain = [0, 1];
  const axis = { format: '.0%', values: [0, 0.25, 0.5, 0.75, 1] };
  const along = (field: string, name: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain },
      axis: { ...axis, title: name },
    }) as const;
  const encoding = {
    x: along('confidence', 'confidence'),
    y: along('accuracy', 'right'),
    color: {
      field: 'partition',
      type: 'nominal',
      sort: null,
      scale: { range: colors },
      legend: null,
    },
  } as const;
  const svg = await plotSvg(
    {
      width: side,
      padding: { left: 64, right: 14, top: 12, bottom: 42 },
      height: side,
      layer: [
        {
          data: { values: [{ at: 0 }, { at: 1 }] },
          mark: { type: 'line', color: 'var(--soft)', strokeDash: [4, 4] },
          encoding: {
            x: { field: 'at', type: 'quantitative' },
            y: { field: 'at', type: 'quantitative' },
          },
        },
        { data: { values: bins }, mark: { type: 'line', strokeWidth: 2 }, encoding },
        {
          data: { values: bins },
          mark: { type: 'point', filled: true, opacity: 0.9 },
          encoding: {
            ...encoding,
            size: {
              field: 'count',
              type: 'quantitative',
              scale: { rangeMin: 25, rangeMax: 260, zero: true },
              legend: null,
            },
          },
        },
      ],
    },
    `Reliability of ${title}: ${bins.map((bin) => `${bin.partition}, ${bin.count} lesions of confidence ${bin.confidence?.toFixed(2)}: ${bin.accuracy?.toFixed(2)} right`).join('; ')}.`,
  );
  const names = [...new Set(bins.map((bin) => bin.partition))];
  return html`<figure class="chart plot"><figcaption>Reliability</figcaption>${svg}
<p class="key">${names.map((name, i) => html`<span class="dot s${i % 3}"></span> ${name} `)}· size: lesions in the bin; dashes: confidence as good as its word</p></figure>`;
}
