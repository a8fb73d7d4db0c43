import { aboutMethod } from '../about-method.js';
import type { LesionImages } from '../pictures/lesion-images.js';
import type { ReportedEvaluation, ReportModel } from '../report-model.js';
import {
  banners,
  lessProbableSentence,
  ordinaryPatchSentence,
  scoredSentence,
} from '../statements.js';
import { classTable, confusionTable, partitionTable, scoreTable } from './metrics-tables.js';
import { provenanceTable } from './provenance-table.js';
import { escapeMarkdown, markdownTable } from './table.js';

/** The report as Markdown; pictures of the wrong decisions are linked by relative path. */
export function reportMarkdown(model: ReportModel, images: LesionImages): string {
  const blocks = [`# ${escapeMarkdown(model.title)}`, ...banners(model).map((text) => `> ${text}`)];
  blocks.push(escapeMarkdown(aboutMethod(model.evaluations.map((of) => of.evaluation))));
  if (model.cohort.length > 0) blocks.push('## Cohort', ...model.cohort.map(markdownTable));
  blocks.push('## Results');
  if (model.evaluations.length > 1) {
    const methods = [{ name: 'this run', summary: model.summary }];
    blocks.push(markdownTable(partitionTable(methods, 'Accuracy over partitions')));
  }
  for (const reported of model.evaluations) {
    const { name, metrics } = reported;
    blocks.push(
      `### ${escapeMarkdown(name)}`,
      scoredSentence(reported),
      ordinaryPatchSentence(reported),
      lessProbableSentence(reported),
      markdownTable(scoreTable(metrics, 'Scores')),
      markdownTable(classTable(metrics, 'Classes')),
      markdownTable(confusionTable(metrics, 'Confusion matrix')),
    );
  }
  blocks.push('## Wrong decisions', ...model.evaluations.map((of) => wrongDecisions(of, images)));
  blocks.push('## Provenance');
  for (const { name, evaluation } of model.evaluations) {
    blocks.push(markdownTable(provenanceTable(evaluation.provenance, name)));
  }
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function wrongDecisions(reported: ReportedEvaluation, images: LesionImages): string {
  const wrong = reported.lesions.filter(({ verdict }) => verdict === 'wrong');
  if (wrong.length === 0) return `${escapeMarkdown(reported.name)}: none.`;
  return wrong
    .map(({ prediction }) => {
      const heading = `${prediction.id}: ${prediction.truth} taken for ${prediction.predicted}`;
      const slices = images.of(reported.name, prediction.id);
      const pictures = slices.flatMap(({ file }) =>
        file === null ? [] : [`![${escapeMarkdown(heading)}](${encodeURI(file)})`],
      );
      return [`**${escapeMarkdown(`${reported.name}, ${heading}`)}**`, ...pictures].join('\n\n');
    })
    .join('\n\n');
}
