import { canonicalName } from '../dataset/pseudonym.js';
import type { PhaseGuess } from '../phase-rules/phase-guess.js';
import { counted } from '../text/counted.js';
import type { PhasedCase } from './assemble-dataset.js';
import type { ImportedCase, ImportedImage, ImportWarning } from './imported.js';
import type { Sheet } from './sheet.js';

/** What the user says of the phases, by pattern or by table. */
export interface PhaseOverrides {
  readonly patterns: Readonly<Record<string, string>>;
  readonly sheet?: Sheet | undefined;
}

/** The image with the user's word on its phase, where there is one. */
export function withOverride(
  image: ImportedImage,
  entry: ImportedCase,
  { patterns, sheet }: PhaseOverrides,
): ImportedImage {
  const given = fromSheet(image, entry.id, sheet) ?? fromPatterns(image, patterns);
  return given === undefined ? image : { ...image, given };
}

function fromSheet(
  image: ImportedImage,
  caseId: string,
  sheet: Sheet | undefined,
): PhaseGuess | undefined {
  if (sheet === undefined || !['case', 'series', 'phase'].every((c) => sheet.columns.includes(c))) {
    return undefined;
  }
  const [id, key] = [caseId, image.key].map(canonicalName);
  const row = sheet.rows.find((cells) => cells.case === id && cells.series === key);
  if (row === undefined) return undefined;
  // The phases file of an earlier import lists what it decided; only the user's changes count.
  const written = row.source !== undefined && row.source !== '' && row.source !== 'user';
  if (written && row.phase === row.decided) return undefined;
  const phase = (row.phase ?? '').trim();
  const none = phase === '' || phase === '-';
  return {
    phase: none ? null : phase,
    reason: none ? 'the user left it out (sheet)' : 'the user said so (sheet)',
    confidence: 1,
    source: 'user',
  };
}

function fromPatterns(
  image: ImportedImage,
  patterns: Readonly<Record<string, string>>,
): PhaseGuess | undefined {
  const texts = [image.key, ...(image.alsoKnownAs ?? []), ...(image.facts.names ?? [])];
  for (const [phase, pattern] of Object.entries(patterns)) {
    const hit = pattern.split('|').some((part) => texts.some((text) => matches(text, part.trim())));
    if (hit) return { phase, reason: 'the user said so (--phase)', confidence: 1, source: 'user' };
  }
  return undefined;
}

/** Whole text with `*` and `?`, else part of the text; upper and lower case are the same. */
function matches(text: string, pattern: string): boolean {
  if (pattern === '') return false;
  if (!/[*?]/.test(pattern)) return text.toLowerCase().includes(pattern.toLowerCase());
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const source = escaped.replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 'i').test(text);
}

const mostExamples = 5;

/** What the user said that met nothing: a misspelt pattern or case would go unseen otherwise. */
export function unusedWords(
  cases: readonly PhasedCase[],
  { patterns, sheet }: PhaseOverrides,
): ImportWarning[] {
  const met = new Set(
    cases.flatMap(({ decisions }) =>
      decisions.flatMap(({ phase, source }) => (source === 'user' ? (phase ?? []) : [])),
    ),
  );
  const warnings: ImportWarning[] = Object.keys(patterns)
    .filter((phase) => !met.has(phase))
    .map((phase) => ({
      code: 'PATTERN_WITHOUT_IMAGE',
      message: `no image fits the pattern that was given for ${phase}`,
      cases: [],
    }));
  const known = new Set(cases.map(({ entry }) => canonicalName(entry.id)));
  const strangers = new Set((sheet?.rows ?? []).map((row) => row.case ?? ''));
  for (const name of ['', ...known]) strangers.delete(name);
  if (strangers.size > 0) {
    const found = counted(strangers.size, 'case that was', 'cases that were');
    const message = `the sheet names ${found} not found; its column case is the id in dataset.yaml: of DICOM the PatientID, else mostly the folder`;
    const examples = [...known].slice(0, mostExamples);
    warnings.push({ code: 'SHEET_WITHOUT_CASE', message, cases: [], examples });
  }
  return warnings;
}
