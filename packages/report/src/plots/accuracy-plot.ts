import type { ComparisonModel } from '../comparison/comparison-model.js';
import { rowName } from '../comparison/comparison-tables.js';
import { percent, percentInterval } from '../format/number.js';
import { type Html, html } from '../page/html.js';
import { plotSvg } from './vega-plot.js';

const width = 330;
const rowHeight = 40;

/** Accuracy of every method with its interval, and the paper's beside it. Each name stands above its row. */
export async function accuracyPlot(model: ComparisonModel): Promise<Html> {
  const rows = model.methods.flatMap((method) => {
    const { accuracy } = method.joint;
    if (accuracy.value === null) return [];
    return [
      {
        method: method.entry.method,
        name: shortened(rowName(model, method)),
        accuracy: accuracy.value,
        lower: accuracy.interval?.lower ?? null,
        upper: accuracy.interval?.upper ?? null,
        paper: method.paper === null ? null : method.paper.total[0] / 100,
        label: `${rowName(model, method)}: ${percent(accuracy.value)}, ${percentInterval(accuracy)}`,
      },
    ];
  });
  const y = { field: 'method', type: 'nominal', sort: null, axis: null } as const;
  const least = Math.min(...rows.flatMap((row) => [row.lower ?? row.accuracy, row.paper ?? 1]));
  const domain = [Math.max(0, Math.floor(10 * least - 0.5) / 10), 1];
  const x = (field: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain },
      axis: {
        format: '.0%',
        title: `${model.unit}s decided rightly`,
        tickCount: 6,
        labelOverlap: true,
      },
    }) as const;
  const svg = await plotSvg(
    {
      data: { values: rows },
      width,
      padding: { left: 10, right: 18, top: 4, bottom: 42 },
      height: { step: rowHeight },
      layer: [
        {
          mark: { type: 'text', align: 'left', dy: -10, baseline: 'middle', limit: 0 },
          encoding: { y, x: { value: 2 }, text: { field: 'name' } },
        },
        {
          transform: [{ filter: 'datum.lower !== null' }],
          mark: { type: 'rule', yOffset: 6, strokeWidth: 3, color: 'var(--s0)', opacity: 0.55 },
          encoding: { y, x: x('lower'), x2: { field: 'upper' } },
        },
        {
          mark: {
            type: 'point',
            yOffset: 6,
            filled: true,
            size: 70,
            color: 'var(--s0)',
            opacity: 1,
          },
          encoding: { y, x: x('accuracy') },
        },
        {
          transform: [{ filter: 'datum.paper !== null' }],
          mark: { type: 'tick', yOffset: 6, thickness: 2, size: 16, color: 'var(--s1)' },
          encoding: { y, x: x('paper') },
        },
      ],
    },
    `Accuracy of each method. ${rows.map((row) => row.label).join('; ')}.`,
  );
  return html`<figure class="chart plot single"><figcaption>Accuracy over the partitions</figcaption>${svg}
<p class="key"><span class="dot"></span> ours, with the 95 % interval (of other patients) <span class="tick"></span> the paper’s, on its own data</p></figure>`;
}

/** As many letters as the plot is wide. */
function shortened(name: string): string {
  return name.length > 52 ? `${name.slice(0, 51)}…` : name;
}
