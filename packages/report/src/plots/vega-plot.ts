import type { TopLevelSpec } from 'vega-lite';
import { type Html, html, trusted } from '../page/html.js';

/** Colours are variables of the page's style sheet: one picture serves light and dark. */
const config = {
  aria: false,
  background: 'transparent',
  font: 'inherit',
  // Widths of letters are guessed without a browser: each plot says how much room its labels take.
  autosize: 'none',
  view: { stroke: null },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelColor: 'var(--soft)',
    titleColor: 'var(--soft)',
    gridColor: 'var(--line)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
  },
  text: { fontSize: 12, color: 'var(--ink)' },
} as const;

/**
 * Draws a vega-lite specification as SVG without a browser; `label` describes it to those who cannot see it. The only
 * file that knows vega, which is loaded at the first plot: it takes a third of a second.
 */
export async function plotSvg(spec: TopLevelSpec, label: string): Promise<Html> {
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = compile(spec, { config });
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    const viewBox = svg.match(/viewBox="([\d. -]+)"/)?.[1] ?? '0 0 1 1';
    const content = svg.slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>'));
    // Vega escapes the text that it draws.
    return html`<svg viewBox="${viewBox}" role="img" aria-label="${label}">${trusted(content)}</svg>`;
  } finally {
    view.finalize();
  }
}
