import type { ScoredRun } from '../comparison/scored-method.js';
import { percent } from '../format/number.js';
import { type Html, html } from '../page/html.js';
import { classColors, toHex } from '../pictures/colors.js';
import { principalPlane, project } from '../statistics/principal-components.js';
import { plotSvg } from './vega-plot.js';

const side = 250;

/**
 * The class proportions of the label maps (the SVM's features) in their plane of largest variance, once coloured by
 * true class and once by decision; wrong decisions are ringed. The names stand where a pure label map would lie.
 * Null where the method makes no label maps.
 */
export async function featureSpacePlot(
  runs: readonly ScoredRun[],
  classes: readonly string[],
): Promise<Html | null> {
  const lesions = runs
    .flatMap((run) => run.evaluation.predictions)
    .filter((of) => of.truth !== null && of.proportions.length === classes.length);
  if (lesions.length === 0) return null;
  const plane = principalPlane(lesions.map((of) => of.proportions));
  const points = lesions.map(({ proportions, truth, predicted }) => {
    const [x, y] = project(plane, proportions);
    return { x, y, truth, predicted, wrong: truth !== predicted };
  });
  const corners = classes.map((name, c) => {
    const [x, y] = project(
      plane,
      classes.map((_, i) => Number(i === c)),
    );
    return { x, y, name };
  });
  const titles = plane.explained.map(
    (share, k) => `component ${k + 1}, ${percent(share)} of the variance`,
  );
  const wrong = points.filter((point) => point.wrong).length;
  const panel = (field: 'truth' | 'predicted', title: string) =>
    plotSvg(
      {
        width: side,
        padding: { left: 28, right: 28, top: 14, bottom: 26 },
        height: side,
        layer: [
          {
            data: { values: points },
            mark: { type: 'point', filled: true, size: 55, opacity: 0.9 },
            encoding: {
              ...position(titles),
              color: {
                field,
                type: 'nominal',
                scale: { domain: [...classes], range: classColors(classes).map(toHex) },
                legend: null,
              },
              stroke: {
                condition: { test: 'datum.wrong', value: 'var(--ink)' },
                value: 'var(--soft)',
              },
              strokeWidth: { condition: { test: 'datum.wrong', value: 2 }, value: 0.6 },
            },
          },
          // The name is drawn twice: a broad edge keeps it legible over points.
          ...[{ stroke: 'var(--surface)', strokeWidth: 4 }, {}].map((edge) => ({
            data: { values: corners },
            mark: { type: 'text' as const, fontWeight: 'bold' as const, ...edge },
            encoding: { ...position(titles), text: { field: 'name' } },
          })),
        ],
      },
      `Label map proportions of ${points.length} lesions in two dimensions, coloured by ${title}; ${wrong} wrong decisions are ringed.`,
    );
  const [byTruth, byDecision] = await Promise.all([
    panel('truth', 'true class'),
    panel('predicted', 'decision'),
  ]);
  return html`<figure class="chart plot"><figcaption>Label maps, by true class</figcaption>${byTruth}</figure>
<figure class="chart plot"><figcaption>Label maps, by decision</figcaption>${byDecision}
<p class="key">Rings: wrong decisions. A name stands where a label map of this class alone would lie.</p></figure>`;
}

function position(titles: readonly string[]) {
  const axis = (title: string) => ({ title, labels: false, ticks: false, grid: false }) as const;
  return {
    x: { field: 'x', type: 'quantitative', axis: axis(titles[0] ?? '') },
    y: { field: 'y', type: 'quantitative', axis: axis(titles[1] ?? '') },
  } as const;
}
