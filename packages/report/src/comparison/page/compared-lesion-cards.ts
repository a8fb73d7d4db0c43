import { type Html, html, nothing } from '../../page/html.js';
import { classLegend, lesionCard, verdictCounts } from '../../page/lesion-card.js';
import type { LesionImages } from '../../pictures/lesion-images.js';
import { orderedLesions } from '../../report-model.js';
import { type ComparedLesion, comparedLesions } from '../compared-lesions.js';
import type { ComparisonModel } from '../comparison-model.js';

/** Every tested lesion as the reference decided it, wrong ones first, and what the other methods made of it. */
export function comparedLesionCards(model: ComparisonModel, images: LesionImages): Html {
  const { reference, classes } = model;
  if (reference === null) return nothing;
  const lesions = comparedLesions(model);
  const groups = reference.runs.map(({ partition, evaluation }) => {
    const ordered = orderedLesions(evaluation.predictions);
    const others = new Map(
      lesions.filter((of) => of.partition === partition).map((of) => [of.id, of]),
    );
    return html`<h3>${partition}: ${verdictCounts(ordered)}</h3>
${classLegend(classes)}
<div class="lesions">
${ordered.map((lesion) => {
  const { id } = lesion.prediction;
  const below = otherDecisions(others.get(id), reference.entry.method, classes);
  return lesionCard(lesion, classes, images.of(partition, id), below);
})}</div>`;
  });
  return html`<section id="lesions"><h2>Lesions</h2>
<p>Decisions of ${reference.entry.title}. Each row of pictures shows one slice of a lesion in the phases of the examination, with the outline of its mask, and, where the method makes one, the label map: the class of each patch at the patch’s centre. Wrong decisions come first.</p>
${groups}</section>`;
}

/** Methods by what they called the lesion; the true class first. */
function otherDecisions(
  lesion: ComparedLesion | undefined,
  reference: string,
  classes: readonly string[],
): Html {
  const others = lesion?.decisions.filter((of) => of.method !== reference) ?? [];
  if (lesion === undefined || others.length === 0) return nothing;
  const called = [...classes]
    .sort((a, b) => Number(b === lesion.truth) - Number(a === lesion.truth))
    .map((name) => ({ name, by: others.filter((of) => of.predicted === name) }))
    .filter(({ by }) => by.length > 0);
  return html`<dl class="decisions">${called.map(
    ({ name, by }) =>
      html`<dt>${name === lesion.truth ? '✓ ' : ''}${name}</dt><dd>${by.map((of) => of.title).join(' · ')}</dd>`,
  )}</dl>`;
}
