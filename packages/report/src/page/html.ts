/** Markup that is safe to put into a page as it stands. Made by the tag `html` alone. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Insertable = string | number | Html | readonly Html[];

/**
 * Template tag: text that is put in is escaped, markup made by this tag is not. Escaping covers element content and
 * quoted attribute values, so values may stand in these two places only; never in script, style or unquoted.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Html {
  return new Html(
    parts.reduce((markup, part, i) => markup + insert(values[i - 1] as Insertable) + part),
  );
}

export const nothing = new Html('');

/** Markup from a source in this package, such as the style sheet. Never for text from data. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function insert(value: Insertable): string {
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(insert).join('');
  return escapeHtml(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: HTML forbids them
  const printable = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
  return printable.replace(/[&<>"']/g, (letter) => entities[letter] as string);
}
