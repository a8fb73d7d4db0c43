import type { Table } from '../format/table.js';
import { type Html, html, nothing } from './html.js';

/** A table with caption and header cells; it scrolls inside itself on a narrow screen. */
export function htmlTable(table: Table): Html {
  const kind = table.header.length > 5 ? 'dense' : 'plain';
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${table.caption}">
<table class="${kind}">
<caption>${table.caption}</caption>
<thead><tr>${table.header.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>
${table.rows.map(
  ([first, ...cells]) =>
    html`<tr><th scope="row">${first ?? ''}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
)}</tbody>
</table>
</div>
${htmlNotes(table.notes)}`;
}

export function htmlNotes(notes: readonly string[]): Html {
  if (notes.length === 0) return nothing;
  return html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}
