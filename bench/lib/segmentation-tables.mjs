import { median } from './measure.mjs';

/** The tables of bench/segmentation.mjs as Markdown. */
export function segmentationTables(result, phases) {
  const { rows, machine, target, leastContrast } = result;
  const classes = [...new Set(rows.map((row) => row.class))].sort();
  const joint = (liver) => rows.filter((row) => row.phases === 'joint' && row.liver === liver);
  const lines = [
    `${result.lesions} **synthetic** lesions, seed ${result.seed}${result.quick ? ' (quick: too few to mean anything)' : ''}. ${machine.processor}, Node ${machine.node}.`,
    '',
    '| jointly on three phases | lesions | median Dice, within the liver mask | quartiles | least | precision | recall | median Dice without liver mask |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const name of [...classes, 'all']) {
    const of = (liver) => joint(liver).filter((row) => name === 'all' || row.class === name);
    const [within, without] = [of(true), of(false)];
    const dice = within.map((row) => row.dice);
    const cells = [
      ...[name, within.length, show(median(dice))],
      `${show(quantile(dice, 0.25))}-${show(quantile(dice, 0.75))}`,
      show(Math.min(...dice)),
      show(median(within.map((row) => row.precision))),
      show(median(within.map((row) => row.recall))),
      show(median(without.map((row) => row.dice))),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  lines.push(`| target | | ${target} | | | | | |`);
  if (result.registered) return lines.join('\n');
  lines.push(
    '',
    '| phase by phase | phase | lesions | median contrast-to-noise ratio | median Dice | with a ratio of 2 or more | median Dice of these |',
    '|---|---|---:|---:|---:|---:|---:|',
  );
  for (const name of [...classes, 'all']) {
    for (const phase of name === 'all' ? ['all'] : phases) {
      const list = rows.filter(
        (row) =>
          row.contrast !== undefined &&
          (name === 'all' || (row.class === name && row.phases === phase)),
      );
      const seen = list.filter(({ contrast }) => contrast >= leastContrast);
      const cells = [
        ...[name, phase, list.length, median(list.map((row) => row.contrast)).toFixed(1)],
        show(median(list.map((row) => row.dice))),
        seen.length,
        seen.length === 0 ? '' : show(median(seen.map((row) => row.dice))),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  lines.push(`| target | | | | | | ${target} |`);
  return lines.join('\n');
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}

function show(value) {
  return value.toFixed(2);
}
