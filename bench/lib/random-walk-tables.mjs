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
  const { session, warm, cold } = stroke;
  const row = (name, { medianMilliseconds, worstMilliseconds, medianIterations }) =>
    `| ${name} | ${medianMilliseconds} | ${worstMilliseconds} | ${medianIterations} |`;
  lines.push(
    '',
    `One more stroke of five voxels on ${stroke.size.join(' x ')}, ${stroke.strokes} strokes one after the other:`,
    '',
    '| | median ms | worst ms | median iterations |',
    '|---|---:|---:|---:|',
    row('session (`RandomWalk`)', session),
    row('from the earlier answer (`warmStart`)', warm),
    row('from nothing', cold),
    `| target | ${targets.strokeMilliseconds} | | |`,
    '',
    `The session kept its hierarchy for ${session.reused} of ${stroke.strokes} strokes; its answers differ from those from nothing by at most ${stroke.largestDifference.toExponential(1)} in a probability.`,
  );
  return lines.join('\n');
}
