import { readFile, stat } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import { parse } from 'csv-parse/sync';
import { ioError } from '../storage/atomic-file.js';
import { fromUtf8 } from '../text/utf8.js';

/** A table with a header line. Column names are in lower case, trimmed; cells are trimmed. */
export interface Sheet {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** Sheets of half a million rows stay below this. */
const largest = 128 * 2 ** 20;

/**
 * Reads a CSV or TSV file: a byte order mark, quoted cells, commas, semicolons or tabs (told by the
 * header line), LF or CRLF. IO_ERROR, or DATA_ERROR for a file that is no table.
 */
export async function readSheet(file: string): Promise<Sheet> {
  let text: string;
  try {
    if ((await stat(file)).size > largest) throw notATable(file, 'larger than any sheet');
    const decoded = fromUtf8(await readFile(file));
    if (decoded === undefined) throw notATable(file, 'it is not encoded in UTF-8');
    text = decoded;
  } catch (cause) {
    throw cause instanceof FlcError ? cause : ioError('reading a sheet failed', file, cause);
  }
  return parseSheet(text, file);
}

/** See {@link readSheet}; `file` is for messages. */
export function parseSheet(text: string, file?: string): Sheet {
  let records: string[][];
  try {
    records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      trim: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    });
  } catch (cause) {
    throw notATable(file, 'quotes or columns are broken', cause);
  }
  const [header, ...body] = records;
  if (header === undefined) throw notATable(file, 'it is empty');
  const columns = header.map((name) => name.trim().toLowerCase());
  const rows = body.map((cells) =>
    Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ''])),
  );
  return { columns, rows };
}

/** The first of several columns that a sheet has. */
export function columnOf(sheet: Sheet, names: readonly string[]): string | undefined {
  return names.map((name) => name.toLowerCase()).find((name) => sheet.columns.includes(name));
}

/** The sign that parts the header line most often. */
function delimiterOf(text: string): string {
  const line = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  const counts = ['\t', ';', ','].map((sign) => ({ sign, count: line.split(sign).length }));
  return counts.reduce((a, b) => (b.count > a.count ? b : a)).sign;
}

function notATable(file: string | undefined, why: string, cause?: unknown): FlcError {
  return new FlcError('DATA_ERROR', `not a readable sheet: ${why}`, {
    details: file === undefined ? {} : { file },
    remedy: 'save it as CSV (UTF-8) with a header line',
    cause,
  });
}
