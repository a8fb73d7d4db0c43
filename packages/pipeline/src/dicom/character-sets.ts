/** Texts of DICOM files: the character sets of PS3.3 C.12.1.1.2, with code extensions of ISO 2022 (PS3.5, 6.1.2.5). */
import { TextDecoder } from 'node:util';

/** What Node's TextDecoder calls them. `ISO 2022 IR 100` is `ISO_IR 100` with escapes. */
const encodings: Readonly<Record<string, string>> = {
  // ASCII. Many old files hold Latin-1 without saying so.
  '': 'latin1',
  'ISO_IR 6': 'latin1',
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 87': 'iso-2022-jp',
  'ISO_IR 159': 'iso-2022-jp',
  'ISO_IR 149': 'euc-kr',
  'ISO_IR 58': 'gbk',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** Escapes that put a set into the upper half. */
const escapes: Readonly<Record<string, string>> = {
  '-A': 'ISO_IR 100',
  '-B': 'ISO_IR 101',
  '-C': 'ISO_IR 109',
  '-D': 'ISO_IR 110',
  '-L': 'ISO_IR 144',
  '-G': 'ISO_IR 127',
  '-F': 'ISO_IR 126',
  '-H': 'ISO_IR 138',
  '-M': 'ISO_IR 148',
  '-b': 'ISO_IR 203',
  '-T': 'ISO_IR 166',
  '$)C': 'ISO_IR 149',
  '$)A': 'ISO_IR 58',
};
const escapeSequence = new RegExp(`${String.fromCharCode(0x1b)}([-$()][ -/]?[0-~])`);

/** Decodes a text. Of a set that is not known all but ASCII becomes U+FFFD: never other letters than were meant. */
export function decodeText(bytes: Uint8Array, terms: readonly string[]): string {
  // Beside ASCII some writers leave out the escape of the only other set.
  const first = terms.map(canonical).find((set) => set !== '' && set !== 'ISO_IR 6') ?? '';
  if (!bytes.includes(0x1b)) return decodeIn(first, bytes);
  // One character a byte, so that the pieces between escapes keep their bytes.
  const [head = '', ...rest] = Buffer.from(bytes).toString('latin1').split(escapeSequence);
  let text = decodeIn(first, Buffer.from(head, 'latin1'));
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const [code, piece] = [rest[i], rest[i + 1]] as [string, string];
    const kanji = /^(\$[@B]|\(I)$/.test(code);
    const set = kanji ? 'ISO_IR 87' : (escapes[code] ?? first);
    text += decodeIn(set, Buffer.from(kanji ? `\x1b${code}${piece}` : piece, 'latin1'));
  }
  return text;
}

/** The first of the character sets that is not known. */
export function unknownCharacterSet(terms: readonly string[]): string | undefined {
  return terms.find((term) => encodings[canonical(term)] === undefined);
}

function canonical(term: string): string {
  return term.toUpperCase().replace(/^ISO[ _]2022[ _]IR[ _]|^ISO[ _-]IR[ _-]/, 'ISO_IR ');
}

const decoders = new Map<string, TextDecoder>();

function decodeIn(set: string, bytes: Uint8Array): string {
  const label = encodings[set];
  if (label === undefined) {
    return Array.from(bytes, (b) => (b < 128 ? String.fromCharCode(b) : '\uFFFD')).join('');
  }
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label);
    decoders.set(label, decoder);
  }
  return decoder.decode(bytes);
}
