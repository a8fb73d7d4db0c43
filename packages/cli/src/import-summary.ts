import type { ImportReport } from '@flc-native/pipeline';

/** Decisions with less confidence than this are shown one by one. */
const worthALook = 0.7;
/** Lines of one kind on the terminal; the phases file has all. */
const mostLines = 20;

/** Lines for a terminal: `notes` hold names of cases if `names` (stderr), `summary` does not. */
export function importSummary(
  report: ImportReport,
  out: string,
  names: boolean,
): { notes: string[]; summary: string } {
  return { notes: notesOf(report, names), summary: summaryOf(report, out) };
}

function notesOf(report: ImportReport, names: boolean): string[] {
  const named = ({ caseName, caseId }: { caseName?: string; caseId: string }) =>
    names ? (caseName ?? caseId) : caseId;
  const { skipped, apart, decisions, warnings } = report;
  const shaky = decisions.filter(({ chosen, confidence }) => chosen && confidence < worthALook);
  return [
    ...limited(skipped.map((entry) => `skipped ${named(entry)}: ${entry.reason}`)),
    ...limited(apart.map((entry) => `set apart ${named(entry)}: ${entry.reason}`)),
    ...limited(
      shaky.map(
        (entry) =>
          `unsure ${named(entry)}: ${entry.phase} (${entry.confidence.toFixed(2)}): ${entry.reason}`,
      ),
    ),
    ...warnings.map(({ code, message, caseIds }) => {
      const where = caseIds.length === 0 ? 'all cases' : `${caseIds.length} cases`;
      return `warning ${code} (${where}): ${message}`;
    }),
  ];
}

function limited(lines: string[]): string[] {
  const more = lines.length - mostLines;
  return more <= 0 ? lines : [...lines.slice(0, mostLines), `... and ${more} more`];
}

function summaryOf(report: ImportReport, out: string): string {
  const { lesions, phasesFound, decisions } = report;
  const classes = Object.entries(lesions.byClass).map(([name, count]) => `${name} ${count}`);
  if (lesions.unlabelled > 0) classes.push(`without a class ${lesions.unlabelled}`);
  const found = Object.entries(phasesFound).map(([phase, count]) => `${phase} ${count}`);
  const sources = new Map<string, number>();
  for (const { source } of decisions) sources.set(source, (sources.get(source) ?? 0) + 1);
  const by = [...sources].map(([source, count]) => `${source} ${count}`);
  const split =
    lesions.masksToSplit > 0 ? `; ${lesions.masksToSplit} masks are split into their parts` : '';
  return [
    `${report.title}`,
    `layout ${report.layout}: ${report.detection.reason}`,
    `licence: ${report.licence} (${report.source})`,
    `${report.cases} cases, ${report.apart.length} set apart, ${report.skipped.length} skipped`,
    `lesions: ${lesions.total} (${classes.join(', ') || 'none'})${split}`,
    `phases: ${report.phases.join(', ')}, masks on ${report.reference}; found ${found.join(', ')}; decided by ${by.join(', ')}`,
    ...(report.synthetic ? ['Synthetic: images are phantoms, and dataset.yaml says so.'] : []),
    `Next: flc-native check --dataset ${out}`,
  ].join('\n');
}
