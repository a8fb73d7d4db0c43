/** A cell: numbers are written as JavaScript prints them, null as an empty cell. */
export type CsvCell = string | number | boolean | null;

/**
 * CSV after RFC 4180: lines end in CRLF, cells with commas, quotes or line ends are quoted, quotes doubled. Text that
 * a spreadsheet would run as a formula (it starts with = + - @, tab or carriage return, or their full-width forms)
 * gets an apostrophe in front (OWASP, "CSV Injection"); numbers stay numbers.
 */
export function toCsv(header: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = /^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/u.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
