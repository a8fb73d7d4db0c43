import { percent } from '../../format/number.js';
import { provenanceTable } from '../../format/provenance-table.js';
import { confusionMatrixTable } from '../../page/confusion.js';
import { type Html, html, nothing } from '../../page/html.js';
import { htmlNotes, htmlTable } from '../../page/html-table.js';
import { classLegend } from '../../page/lesion-card.js';
import { curvesOfRuns } from '../../page/training-curves.js';
import { featureSpacePlot } from '../../plots/feature-space-plot.js';
import { reliabilityPlot } from '../../plots/reliability-plot.js';
import type { ComparedMethod, ComparisonModel } from '../comparison-model.js';
import { missingNotes } from '../comparison-statements.js';
import { rowName } from '../comparison-tables.js';

/** One method, folded; the reference is open. */
export async function methodDetails(model: ComparisonModel, method: ComparedMethod): Promise<Html> {
  const { entry, runs } = method;
  const { citation, seconds, settings = {}, deviations = [], events = [] } = entry;
  const [reliability, space, training] = await Promise.all([
    reliabilityPlot(runs, entry.title),
    featureSpacePlot(runs, model.classes),
    curvesOfRuns(events.map((of) => ({ ...of, name: `Training, ${of.name}` }))),
  ]);
  const accuracy = method.summary.accuracy.mean;
  const content = html`${citation === undefined ? nothing : html`<p>${citation}</p>`}
${seconds === undefined ? nothing : html`<p>Fitting and predicting took ${duration(seconds)}.</p>`}
${htmlNotes(missingNotes(model, method))}
<div class="columns">${runs.map(
    ({ partition, metrics }) =>
      html`<div>${confusionMatrixTable(metrics, `Confusion matrix of ${entry.title}, ${partition}`)}</div>`,
  )}</div>
<div class="charts">${reliability ?? nothing}${space ?? nothing}</div>
${space === null ? nothing : classLegend(model.classes)}
${training}
${Object.keys(settings).length === 0 ? nothing : html`<div class="provenance">${htmlTable(provenanceTable(settings, `Settings of ${entry.title}`))}</div>`}
${deviations.length === 0 ? nothing : html`<p class="heading">Deviations from the source</p><ul class="statements">${deviations.map((text) => html`<li>${text}</li>`)}</ul>`}
<div class="provenance">${runs.map(({ partition, evaluation }) => htmlTable(provenanceTable(evaluation.provenance, `Provenance of ${entry.title}, ${partition}`)))}</div>`;
  const summary = html`<summary><b>${rowName(model, method)}</b> ${accuracy === null ? 'no result' : percent(accuracy)}</summary>`;
  return method === model.reference
    ? html`<details class="method" open>${summary}${content}</details>\n`
    : html`<details class="method">${summary}${content}</details>\n`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
