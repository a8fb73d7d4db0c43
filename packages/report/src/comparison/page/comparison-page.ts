import { provenanceTable } from '../../format/provenance-table.js';
import type { Table } from '../../format/table.js';
import { htmlDocument } from '../../page/document.js';
import { type Html, html, nothing } from '../../page/html.js';
import { htmlTable } from '../../page/html-table.js';
import type { LesionImages } from '../../pictures/lesion-images.js';
import { accuracyPlot } from '../../plots/accuracy-plot.js';
import { notADevice, syntheticData } from '../../statements.js';
import type { ComparisonModel } from '../comparison-model.js';
import { aboutComparison, conclusions } from '../comparison-statements.js';
import { ablationTable, besidePaperTable, countTable, methodTable } from '../comparison-tables.js';
import { denominatorTable, scoreComparisonTable, testTable } from '../statistics-tables.js';
import { comparedLesionCards } from './compared-lesion-cards.js';
import { methodDetails } from './method-details.js';

/** The comparison as one HTML file that asks for nothing. `images` are of the reference method. */
export async function comparisonPage(
  model: ComparisonModel,
  images: LesionImages,
): Promise<string> {
  const scored = model.methods.some((method) => method.runs.length > 0);
  const main = html`<section id="results"><h2>Methods</h2>
${scored ? await accuracyPlot(model) : nothing}
${tables(methodTable(model), ablationTable(model))}</section>
<section id="conclusions"><h2>What this allows one to conclude</h2>
<ul class="statements">${conclusions(model).map((sentence) => html`<li>${sentence}</li>`)}</ul>
${tables(testTable(model))}</section>
<section id="numbers"><h2>More numbers</h2>
${tables(scoreComparisonTable(model), denominatorTable(model), besidePaperTable(model), countTable(model))}</section>
<section id="methods"><h2>Each method</h2>
<p>Confusion matrices, reliability, feature space, training curves, settings, and where an implementation differs from its source.</p>
${await Promise.all(model.methods.map((method) => methodDetails(model, method)))}</section>
${model.cohort.length === 0 ? nothing : html`<section id="cohort"><h2>Cohort</h2>${model.cohort.map(htmlTable)}</section>`}
${comparedLesionCards(model, images)}
<section id="provenance"><h2>Provenance</h2><div class="provenance">${htmlTable(provenanceTable(model.provenance, 'Comparison'))}</div></section>`;
  return htmlDocument({ ...model, top: pageTop(model), main });
}

function pageTop(model: ComparisonModel): Html {
  const links: [string, string][] = [
    ['results', 'Methods'],
    ['conclusions', 'Conclusions'],
    ['numbers', 'Numbers'],
    ['methods', 'Each method'],
    ...(model.cohort.length > 0 ? [['cohort', 'Cohort'] as [string, string]] : []),
    ...(model.reference === null ? [] : [['lesions', 'Lesions'] as [string, string]]),
    ['provenance', 'Provenance'],
  ];
  return html`<div class="top">
<h1>${model.title}</h1>
<p class="lead">${aboutComparison}</p>
${model.synthetic ? html`<p class="banner synthetic">${syntheticData}</p>` : nothing}<p class="banner">${notADevice}</p>
${model.caption === null ? nothing : html`<p class="banner">${model.caption}</p>`}
<nav aria-label="Sections">${links.map(([id, text]) => html`<a href="#${id}">${text}</a>`)}</nav>
</div>`;
}

function tables(...of: readonly (Table | null)[]): Html[] {
  return of.flatMap((table) => (table === null ? [] : [htmlTable(table)]));
}
