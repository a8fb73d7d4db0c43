import { counted, type ImportReport, type ReportedWarning } from '@flc-native/pipeline';
import { shownPath } from './failure.js';

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
  const { skipped, apart, decisions, warnings, files } = report;
  const shaky = decisions.filter(({ chosen, confidence }) => chosen && confidence < worthALook);
  const codes = [...new Set(warnings.map(({ code }) => code))];
  return [
    ...(files?.kept ?? []).map(
      (file) => `kept what an earlier file held: ${shownPath(file, names)}`,
    ),
    ...limited(skipped.map((entry) => `skipped ${named(entry)}: ${entry.reason}`)),
    ...limited(apart.map((entry) => `set apart ${named(entry)}: ${entry.reason}`)),
    ...limited(
      shaky.map(
        (entry) =>
          `unsure ${named(entry)}: ${entry.phase} (${entry.confidence.toFixed(2)}): ${entry.reason}`,
      ),
    ),
    // A limit for each code: hundreds of damaged files are not to hide what else is wrong.
    ...codes.flatMap((wanted) =>
      limited(
        warnings
          .filter(({ code }) => code === wanted)
          .map((warning) => warningLine(warning, names)),
      ),
    ),
  ];
}

function warningLine(warning: ReportedWarning, names: boolean): string {
  const { code, message, caseIds, caseNames, file, examples = [] } = warning;
  const [only] = (names ? caseNames : undefined) ?? caseIds;
  const cases = caseIds.length === 1 ? only : counted(caseIds.length, 'case');
  const where = [
    ...(caseIds.length > 0 ? [cases] : file === undefined ? ['all cases'] : []),
    ...(file === undefined ? [] : [shownPath(file, names)]),
  ];
  const such = names && examples.length > 0 ? `; such as ${examples.join(', ')}` : '';
  return `warning ${code} (${where.join(', ')}): ${message}${such}`;
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
    lesions.masksToSplit > 0
      ? `; ${counted(lesions.masksToSplit, 'mask is split into its', 'masks are split into their')} parts`
      : '';
  return [
    `${report.title}`,
    `layout ${report.layout}: ${report.detection.reason}`,
    `licence: ${report.licence} (${report.source})`,
    `${counted(report.cases, 'case')}, ${report.apart.length} set apart, ${report.skipped.length} skipped`,
    `lesions: ${lesions.total} (${classes.join(', ') || 'none'})${split}`,
    `phases: ${report.phases.join(', ')}, masks on ${report.reference}; found ${found.join(', ')}; decided by ${by.join(', ')}`,
    ...(report.placeholderClasses
      ? [
          `classes: no lesion has one; ${report.classes.join(', ')} in dataset.yaml are placeholders: give them with --sheet`,
        ]
      : []),
    ...(report.synthetic ? ['Synthetic: images are phantoms, and dataset.yaml says so.'] : []),
    report.cases === 0
      ? 'No case is complete: dataset.yaml is empty. Each is above with its reason; change --phases, --reference or --phase.'
      : `Next: flc-native check --dataset ${out}`,
  ].join('\n');
}
