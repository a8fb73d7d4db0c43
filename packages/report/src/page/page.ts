import { aboutMethod } from '../about-method.js';
import { classTable, partitionTable, scoreTable } from '../format/metrics-tables.js';
import {
  counts,
  decimalInterval,
  decimals,
  percent,
  percentInterval,
  undefinedMark,
} from '../format/number.js';
import { provenanceTable } from '../format/provenance-table.js';
import type { LesionImages } from '../pictures/lesion-images.js';
import type { ReportedEvaluation, ReportModel } from '../report-model.js';
import {
  banners,
  fittedPart,
  lessProbableSentence,
  ordinaryPatchSentence,
  scoredSentence,
  syntheticData,
} from '../statements.js';
import { confusionMatrixTable } from './confusion.js';
import { htmlDocument } from './document.js';
import { type Html, html, nothing } from './html.js';
import { htmlTable } from './html-table.js';
import { classLegend, lesionCard, verdictCounts } from './lesion-card.js';
import { trainingCurves } from './training-curves.js';

/** The report as one HTML file that asks for nothing. */
export async function reportPage(model: ReportModel, images: LesionImages): Promise<string> {
  const main = html`${results(model)}
${cohort(model)}
${await trainingCurves(model.training)}
<section id="lesions"><h2>Lesions</h2>
<p>Each row of pictures shows one slice of a lesion in the phases of the examination, with the outline of its mask, and the label map: the class of each patch at the patch's centre. Wrong decisions come first.</p>
${model.evaluations.map((reported) => lesions(reported, images))}</section>
${provenance(model)}`;
  return htmlDocument({ ...model, top: pageTop(model), main });
}

function pageTop(model: ReportModel): Html {
  return html`<div class="top">
<h1>${model.title}</h1>
<p class="lead">${aboutMethod(model.evaluations.map((of) => of.evaluation))}</p>
${banners(model).map(
  (text) => html`<p class="banner${text === syntheticData ? ' synthetic' : ''}">${text}</p>`,
)}
<nav aria-label="Sections"><a href="#results">Results</a>${
    model.cohort.length > 0 ? html`<a href="#cohort">Cohort</a>` : nothing
  }${model.training.length > 0 ? html`<a href="#training">Training</a>` : nothing}<a href="#lesions">Lesions</a><a href="#provenance">Provenance</a></nav>
</div>`;
}

function results(model: ReportModel): Html {
  const methods = [{ name: 'this run', summary: model.summary }];
  const overall =
    model.evaluations.length > 1
      ? htmlTable(partitionTable(methods, 'Accuracy over partitions'))
      : nothing;
  return html`<section id="results"><h2>Results</h2>${overall}${model.evaluations.map(evaluationResults)}</section>`;
}

function evaluationResults(reported: ReportedEvaluation): Html {
  const { name, metrics } = reported;
  const { accuracy, balancedAccuracy, kappa, macroAuc } = metrics;
  const card = (label: string, value: string, below: readonly string[]) =>
    html`<li><span>${label}</span><b>${value}</b>${below.map((line) => html`<span>${line}</span>`)}</li>`;
  const between = (text: string) => (text === undefinedMark ? 'no interval' : text);
  return html`<h3>${name}</h3>
<p>${[
    scoredSentence(reported),
    ordinaryPatchSentence(reported),
    lessProbableSentence(reported),
    fittedPart(reported.evaluation) === null ? 'Ranges are 95 % intervals.' : '',
  ]
    .filter(Boolean)
    .join(' ')}</p>
<ul class="cards">
${card('Accuracy', percent(accuracy.value), [between(percentInterval(accuracy)), `${counts(accuracy)} right`])}
${card('Balanced accuracy', percent(balancedAccuracy.value), [between(percentInterval(balancedAccuracy))])}
${card("Cohen's kappa", decimals(kappa.value, 2), [between(decimalInterval(kappa))])}
${card('Mean AUC', decimals(macroAuc.value, 2), [between(decimalInterval(macroAuc))])}
</ul>
<div class="columns"><div>${confusionMatrixTable(metrics, `Confusion matrix, ${name}`)}</div>
<div>${htmlTable(scoreTable(metrics, `Scores, ${name}`))}</div></div>
${htmlTable(classTable(metrics, `Classes, ${name}`))}`;
}

function cohort(model: ReportModel): Html {
  if (model.cohort.length === 0) return nothing;
  return html`<section id="cohort"><h2>Cohort</h2>${model.cohort.map(htmlTable)}</section>`;
}

function lesions(
  { name, evaluation, lesions: all }: ReportedEvaluation,
  images: LesionImages,
): Html {
  return html`<h3>${name}: ${verdictCounts(all)}</h3>
${classLegend(evaluation.classes)}
<div class="lesions">
${all.map((lesion) =>
  lesionCard(lesion, evaluation.classes, images.of(name, lesion.prediction.id)),
)}</div>`;
}

function provenance(model: ReportModel): Html {
  return html`<section id="provenance"><h2>Provenance</h2><div class="provenance">${model.evaluations.map(
    ({ name, evaluation }) => htmlTable(provenanceTable(evaluation.provenance, name)),
  )}</div></section>`;
}
