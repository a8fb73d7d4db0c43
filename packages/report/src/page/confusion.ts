import { percent } from '../format/number.js';
import type { Metrics } from '../metrics/metrics.js';
import { type Html, html } from './html.js';

/** The confusion matrix with cells shaded by their share of the row; the diagonal is what is right. */
export function confusionMatrixTable(metrics: Metrics, caption: string): Html {
  const { classes, confusion } = metrics;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table class="confusion">
<caption>${caption}</caption>
<thead><tr><th scope="col">Truth ↓ Decision →</th>${classes.map(
    (name) => html`<th scope="col">${name}</th>`,
  )}<th scope="col">all</th></tr></thead>
<tbody>
${confusion.map((row, r) => confusionRow(classes[r] ?? '', row, r))}</tbody>
</table>
</div>`;
}

function confusionRow(name: string, row: readonly number[], r: number): Html {
  const all = row.reduce((a, b) => a + b, 0);
  const cells = row.map((count, c) => {
    const share = all === 0 ? 0 : count / all;
    const kind = c === r ? 'right' : 'wrong';
    const label = all === 0 ? '' : percent(share);
    return html`<td class="${kind}${count === 0 ? ' zero' : ''}" style="--share:${share.toFixed(3)}"><b>${count}</b><small>${label}</small></td>`;
  });
  return html`<tr><th scope="row">${name}</th>${cells}<td class="sum">${all}</td></tr>\n`;
}
