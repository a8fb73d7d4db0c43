/** The tables of bench/registration.mjs as Markdown. */
export function registrationTables({
  accuracy,
  cost,
  workers,
  targets,
  machine,
  quick,
  method,
  least,
}) {
  const lines = [
    `Method ${method}, pairs that start at ${least} mm or more${quick ? ' (quick: sizes too small to mean anything)' : ''}. ${machine.processor}, Node ${machine.node}, load before the run ${machine.loadBefore}.`,
    '',
    `| set | pairs | all points: median, 95th percentile, mm | median of a pair, mean, mm | worst median (pairs within ${targets.medianMm}) | worst 95th percentile | fall of the median, mean (worst) | smallest determinant | CPU s, mean (most) | peak MiB |`,
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const set of accuracy) {
    const { before, after } = set.meanMedian;
    lines.push(
      `| ${set.name}: ${set.size.join(' x ')}, ${set.what} | ${set.pairs.length} | ${set.pooled.median}, ${set.pooled.p95} | ${before} -> ${after} | ${set.worstMedian} (${set.withinMedian}) | ${set.worstP95} | ${set.meanFallPercent} (${set.worstFallPercent}) % | ${set.leastDeterminant} | ${set.cpuSeconds.mean} (${set.cpuSeconds.max}) | ${set.peakMiB} |`,
    );
  }
  lines.push(
    `| target | 20 | ${targets.medianMm}, ${targets.p95Mm} | | ${targets.medianMm} | ${targets.p95Mm} | ${targets.meanFallPercent} (${targets.worstFallPercent}) % | above 0 | ${targets.seconds} | ${targets.peakMiB} |`,
  );
  if (cost.length > 0) {
    lines.push(
      '',
      '| size, pair | median, mm | wall s | CPU s | peak MiB |',
      '|---|---:|---:|---:|---:|',
    );
    for (const row of cost) {
      const { before, after } = row.median;
      lines.push(
        `| ${row.name}, ${row.pair} | ${before} -> ${after} | ${row.seconds} | ${row.cpuSeconds} | ${row.peakMiB} |`,
      );
    }
  }
  if (workers !== null) {
    lines.push(
      '',
      `${workers.pairs} pairs of ${workers.size.join(' x ')}: ${workers.one} s with one worker, ${workers.two} s with two, ratio ${workers.ratio} (target 1.6 where two cores are free; ${workers.busyCores} cores were busy with other work).`,
    );
  }
  return lines.join('\n');
}
