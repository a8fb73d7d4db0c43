import { percent } from '../format/number.js';
import { classColors, toHex } from '../pictures/colors.js';
import type { SliceImages } from '../pictures/lesion-images.js';
import type { ReportedLesion, Verdict } from '../report-model.js';
import { type Html, html, nothing } from './html.js';

const verdicts: Readonly<Record<Verdict, { readonly mark: string; readonly text: string }>> = {
  wrong: { mark: '✕', text: 'Wrong' },
  right: { mark: '✓', text: 'Right' },
  unlabelled: { mark: '?', text: 'Not scored' },
};

/** One lesion: decision, pictures of its largest slice, and the numbers behind the decision; `below` ends the card. */
export function lesionCard(
  lesion: ReportedLesion,
  classes: readonly string[],
  slices: readonly SliceImages[],
  below: Html = nothing,
): Html {
  const { prediction, verdict } = lesion;
  const { mark, text } = verdicts[verdict];
  const [shown, ...others] = slices;
  return html`<article class="lesion ${verdict}">
<header><p class="verdict"><span aria-hidden="true">${mark}</span> ${text}</p>
<h4>${decisionText(lesion)}</h4>
<p class="ids">lesion <code>${prediction.id}</code> · patient <code>${prediction.patientId}</code></p></header>
${shown === undefined ? html`<p class="missing">No pictures: the prepared cohort was not given.</p>` : panels(shown, lesion)}
${numbers(lesion, classes)}
${prediction.warnings.length === 0 ? nothing : html`<ul class="warnings">${prediction.warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}
${others.length === 0 ? nothing : otherSlices(others)}
${below}</article>`;
}

function otherSlices(others: readonly SliceImages[]): Html {
  const links = others.flatMap(({ file }, i) =>
    file === null ? [] : [html`<a href="${file}">slice ${i + 2}</a> `],
  );
  return html`<p class="others">The largest of ${others.length + 1} slices is shown${links.length === 0 ? '.' : '; others: '}${links}</p>`;
}

function decisionText({ prediction }: ReportedLesion): Html {
  const { truth, predicted } = prediction;
  if (truth === null) return html`Called <b>${predicted}</b>`;
  if (truth === predicted) return html`<b>${truth}</b>`;
  return html`<b>${truth}</b> taken for <b>${predicted}</b>`;
}

function panels(slice: SliceImages, { prediction }: ReportedLesion): Html {
  const { width, height } = slice;
  const path = slice.outline.map(({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`).join('');
  const about = `lesion ${prediction.id}, truth ${prediction.truth ?? 'unknown'}, decision ${prediction.predicted}`;
  return html`<div class="panels">${slice.panels.map(
    ({ title, dataUri }) =>
      html`<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} of ${about}; the outline is the lesion mask"><image href="${dataUri}" width="${width}" height="${height}"/><path class="outline" d="${path}"/></svg><figcaption>${title}</figcaption></figure>`,
  )}</div>`;
}

function numbers({ prediction }: ReportedLesion, classes: readonly string[]): Html {
  const { probabilities, proportions } = prediction;
  if (probabilities.length === 0 && proportions.length === 0) return nothing;
  const caption = `Label map shares and probabilities of lesion ${prediction.id}`;
  return html`<table class="shares"><caption class="hidden">${caption}</caption>
<thead><tr><th scope="col">Class</th><th scope="col">Label map</th><th scope="col">Probability</th></tr></thead>
<tbody>${classes.map((name, c) => {
    const row = html`<th scope="row">${swatch(classes, c)}${name}</th>${share(proportions[c])}${share(probabilities[c])}`;
    return name === prediction.predicted
      ? html`<tr class="decided">${row}</tr>`
      : html`<tr>${row}</tr>`;
  })}</tbody></table>`;
}

function share(value: number | undefined): Html {
  if (value === undefined) return html`<td>${percent(null)}</td>`;
  return html`<td><span class="bar" style="--share:${value.toFixed(3)}"></span><span>${percent(value)}</span></td>`;
}

/** A small square in the colour of class `c`. */
function swatch(classes: readonly string[], c: number): Html {
  const color = classColors(classes)[c];
  if (color === undefined) return nothing;
  return html`<span class="swatch" style="--color:${toHex(color)}" aria-hidden="true"></span>`;
}

/** The colours of the classes, as in the label maps. */
export function classLegend(classes: readonly string[]): Html {
  const entries = classes.map((name, c) => html`<li>${swatch(classes, c)}${name}</li>`);
  return html`<ul class="legend" aria-label="Colours of the classes">${entries}</ul>`;
}

const groups: readonly [Verdict, string][] = [
  ['wrong', 'wrong'],
  ['right', 'right'],
  ['unlabelled', 'not scored'],
];

/** "3 wrong, 20 right". */
export function verdictCounts(lesions: readonly ReportedLesion[]): string {
  const counted = groups.flatMap(([verdict, text]) => {
    const count = lesions.filter((lesion) => lesion.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  return counted.join(', ');
}
