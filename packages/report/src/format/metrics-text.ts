import type { ReportModel } from '../report-model.js';
import {
  banners,
  lessProbableSentence,
  ordinaryPatchSentence,
  scoredSentence,
} from '../statements.js';
import { classTable, confusionTable, partitionTable, scoreTable } from './metrics-tables.js';
import { textTable } from './table.js';

/** The metrics for a terminal. */
export function metricsText(model: ReportModel): string {
  const blocks = model.evaluations.flatMap((reported) => {
    const { name, metrics } = reported;
    return [
      [scoredSentence(reported), ordinaryPatchSentence(reported), lessProbableSentence(reported)]
        .filter(Boolean)
        .join('\n'),
      textTable(scoreTable(metrics, `${name}: scores`)),
      textTable(classTable(metrics, `${name}: classes`)),
      textTable(confusionTable(metrics, `${name}: confusion matrix`)),
    ];
  });
  if (model.evaluations.length > 1) {
    const methods = [{ name: 'this run', summary: model.summary }];
    blocks.push(textTable(partitionTable(methods, 'Accuracy over partitions')));
  }
  return `${[...banners(model), ...blocks].join('\n\n')}\n`;
}
