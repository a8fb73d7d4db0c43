import { parse, View } from 'vega';
import { compile } from 'vega-lite';

/**
 * The curves of bench/scaling.mjs as one SVG, a panel a sweep.
 *
 * @param {Record<string, { x: string, y: string, title: string, curves: Record<string, [number, number][]> }>} sweeps
 */
export async function scalingChart(sweeps) {
  const panels = Object.values(sweeps).map(({ x, y, title, curves }) => ({
    ...{ title, width: 230, height: 170 },
    data: {
      values: Object.entries(curves).flatMap(([contender, points]) =>
        points.map(([at, seconds]) => ({ contender, at, seconds })),
      ),
    },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'at', type: 'quantitative', title: x, axis: { tickCount: 5 } },
      y: { field: 'seconds', type: 'quantitative', title: y, axis: { tickCount: 5 } },
      color: { field: 'contender', type: 'nominal', title: null, scale: { scheme: 'tableau10' } },
      strokeDash: { field: 'contender', type: 'nominal', title: null },
    },
  }));
  const { spec } = compile({
    ...{ columns: 3, concat: panels, background: 'white', config: { aria: false } },
  });
  const view = new View(parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const title = panels.map((panel) => panel.title).join('; ');
  // The title describes it; vega's roles name parts of a picture that nobody can walk through.
  const plain = svg.replaceAll(/ (role|aria-\w+)="[^"]*"/g, '');
  return `${plain.replace('>', `><title>${title}</title>`)}\n`;
}
