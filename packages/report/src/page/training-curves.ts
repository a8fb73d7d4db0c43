import { lineChart, type Series } from '../plots/line-chart.js';
import type { TrainingHistory, TrainingRecord } from '../training-events.js';
import { type Html, html, nothing } from './html.js';

/** More steps than this are drawn as means of equal stretches. */
const maxPoints = 240;

/** Losses and accuracies over the steps of each run. */
export async function trainingCurves(histories: readonly TrainingHistory[]): Promise<Html> {
  const curves = await curvesOfRuns(histories);
  return curves.length === 0
    ? nothing
    : html`<section id="training"><h2>Training</h2>${curves}</section>`;
}

/** The same without a section of its own; nothing for a run that made no step. */
export function curvesOfRuns(histories: readonly TrainingHistory[]): Promise<Html[]> {
  const shown = histories.filter(({ events }) => events.some((event) => event.type === 'step'));
  return Promise.all(shown.map(curvesOf));
}

async function curvesOf({ name, events }: TrainingHistory): Promise<Html> {
  const steps = events.filter((event) => event.type === 'step');
  const evaluations = events.filter((event) => event.type === 'evaluation');
  const stretch = Math.max(1, Math.ceil(steps.length / maxPoints));
  const line = (label: string, key: NumericKey): Series => ({
    name: label,
    points: meansOf(steps, key, stretch),
  });
  const note = stretch > 1 ? ` Each point of a batch curve is the mean of ${stretch} records.` : '';
  const charts = await Promise.all([
    lineChart({
      title: 'Cross-entropy of the heads',
      xLabel: 'step',
      yLabel: 'loss',
      series: [line('last', 'lossLast'), line('local', 'lossLocal'), line('global', 'lossGlobal')],
    }),
    lineChart({
      title: 'Intra-loss, before its weight λ',
      xLabel: 'step',
      yLabel: 'loss',
      series: [line('intra', 'lossIntra')],
    }),
    lineChart({
      title: 'Accuracy on patches',
      xLabel: 'step',
      yLabel: 'share',
      yRange: [0, 1],
      series: [
        line('training batch', 'accuracy'),
        {
          name: 'validation',
          points: evaluations.map((event) => [event.step ?? 0, event.accuracy ?? null]),
          marked: evaluations.length <= 40,
        },
      ],
    }),
  ]);
  return html`<h3>${name}</h3>
<p>${endOf(events)}${note}</p>
<div class="charts">${charts}</div>`;
}

type NumericKey = 'lossLast' | 'lossLocal' | 'lossGlobal' | 'lossIntra' | 'accuracy';

/** Means of `stretch` records in a row; records without the value are left out of the mean. */
export function meansOf(
  records: readonly TrainingRecord[],
  key: NumericKey,
  stretch: number,
): [number, number | null][] {
  const points: [number, number | null][] = [];
  for (let start = 0; start < records.length; start += stretch) {
    const group = records.slice(start, start + stretch);
    const values = group.flatMap((record) => record[key] ?? []);
    const x = group[Math.floor(group.length / 2)]?.step ?? start;
    points.push([
      x,
      values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length,
    ]);
  }
  return points;
}

const endings: Readonly<Record<string, string>> = {
  patience: 'the validation accuracy had stopped rising',
  maxSteps: 'the largest number of steps was reached',
  cancelled: 'it was interrupted',
};

function endOf(events: readonly TrainingRecord[]): string {
  const end = events.findLast((event) => event.type === 'end');
  if (end === undefined) return 'The run has no end: it was stopped or is still under way.';
  const reason = endings[end.reason ?? ''] ?? 'it ended';
  const best = end.bestStep == null ? '' : ` The weights of step ${end.bestStep} are kept.`;
  return `Training stopped after step ${end.step ?? '?'}: ${reason}.${best}`;
}
