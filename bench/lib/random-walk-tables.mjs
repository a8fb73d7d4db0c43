/** The tables of bench/random-walk.mjs as Markdown. */
export function randomWalkTables({
  quick,
  problem,
  contenders,
  ratio,
  agreement,
  stroke,
  targets,
  machine,
  rounds,
}) {
  const lines = [
    `${problem.size.join(' x ')}, two labels, relative residual ${problem.tolerance}, beta ${problem.beta}, noise ${problem.noise} of the step${quick ? ' (quick: too small to mean anything)' : ''}. ${machine.processor}, ${problem.threads} threads, Node ${machine.node}; median of ${rounds}.`,
    '',
    '| | median s | best s | peak MiB |',
    '|---|---:|---:|---:|',
  ];
  for (const { name, seconds, median, peakMiB, reason, versions } of contenders) {
    const version =
      versions === undefined
        ? ''
        : ` (${Object.entries(versions)
            .map((pair) => pair.join(' '))
            .join(', ')})`;
    lines.push(
      median === null
        ? `| ${name} | not measured: ${reason} | | |`
        : `| ${name}${version} | ${median.toFixed(2)} | ${Math.min(...seconds).toFixed(2)} | ${peakMiB} |`,
    );
  }
  if (ratio !== null) {
    lines.push(
      '',
      `${ratio} times faster (target ${targets.ratio}). Labels equal: ${(100 * agreement.equalLabels).toFixed(3)} % (at least ${100 * targets.equalLabels} %), largest difference of a probability ${agreement.largestDifference.toExponential(1)} (at most ${targets.probability.toExponential(0)}).`,
    );
  }
  const { warm, cold } = stroke;
  lines.push(
    '',
    `One more stroke of five voxels on ${stroke.size.join(' x ')}, ${stroke.strokes} places:`,
    '',
    '| | median ms | worst ms | median iterations |',
    '|---|---:|---:|---:|',
    `| from the earlier answer | ${warm.medianMilliseconds} | ${warm.worstMilliseconds} | ${warm.medianIterations} |`,
    `| from nothing | ${cold.medianMilliseconds} | ${cold.worstMilliseconds} | ${cold.medianIterations} |`,
    `| target | ${targets.strokeMilliseconds} | | |`,
  );
  return lines.join('\n');
}
