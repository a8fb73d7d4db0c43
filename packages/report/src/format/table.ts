/** A table of texts, rendered as plain text, Markdown or HTML. The first column names the row. */
export interface Table {
  readonly caption: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences under the table: why a value is missing, what an interval means. */
  readonly notes: readonly string[];
}

/** Aligned columns for a terminal: the first to the left, the others to the right. */
export function textTable(table: Table): string {
  const lines = [table.header, ...table.rows];
  const widths = table.header.map((_, c) => Math.max(...lines.map((row) => width(row[c] ?? ''))));
  const rule = widths.map((n) => '-'.repeat(n)).join('  ');
  const format = (row: readonly string[]) =>
    widths
      .map((n, c) => {
        const cell = singleLine(row[c] ?? '');
        const fill = ' '.repeat(Math.max(0, n - width(cell)));
        return c === 0 ? cell + fill : fill + cell;
      })
      .join('  ')
      .trimEnd();
  const body = [format(table.header), rule, ...table.rows.map(format)];
  return [table.caption, '', ...body, ...table.notes.map((note) => `  ${note}`)].join('\n');
}

/** A GitHub-flavoured Markdown table; every cell is escaped. */
export function markdownTable(table: Table): string {
  const row = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const align = table.header.map((_, c) => (c === 0 ? '---' : '---:'));
  const lines = [row(table.header), `| ${align.join(' | ')} |`, ...table.rows.map(row)];
  const notes =
    table.notes.length === 0 ? [] : ['', ...table.notes.map((n) => `${escapeMarkdown(n)}  `)];
  return [`**${escapeMarkdown(table.caption)}**`, '', ...lines, ...notes].join('\n');
}

/** Text that Markdown, and the HTML inside Markdown, shows as it stands. */
export function escapeMarkdown(text: string): string {
  return singleLine(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]|>#!~]/g, '\\$&');
}

/** Control characters (line ends, terminal escapes) become spaces: a cell is one line and moves no cursor. */
export function singleLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** Columns on a terminal: combining marks take none. East Asian wide characters are not treated. */
function width(text: string): number {
  return [...singleLine(text).replace(/\p{M}/gu, '')].length;
}
