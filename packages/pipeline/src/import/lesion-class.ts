import { normalizeText } from '../phase-rules/phase-words.js';

/** Terms of sheets, folders and labels, and the class name that dataset.yaml gets for them. */
const classTerms: readonly (readonly [string, RegExp])[] = [
  ['chcc-cca', / (chcc ?cca|hcc cca|hcc icc|combined) /u],
  ['hcc', / (hcc|hepatocellular( carcinoma)?|hepatoma) /u],
  ['icc', / (icc|ihcc|cca|icca|cholangio(carcinoma)?|intrahepatic cholangiocarcinoma) /u],
  ['fnh', / (fnh|focal nodular hyperplasia) /u],
  ['hem', / (hem|hh|hemangioma|haemangioma|hemangiom|hamangiom|haemangiom|angioma) /u],
  ['cyst', / (cyst|cysts|zyste|kyste|quiste|kyst) /u],
  ['crlm', / crlm /u],
  ['bclm', / bclm /u],
  ['metastasis', / (metastasis|metastases|metastase|metastatic|mets?|meta) /u],
  ['abscess', / (abscess|abszess|abces|absceso) /u],
  ['adenoma', / (adenoma|hca) /u],
];

/** Terms that mean a lesion of no stated kind. */
const anyLesion =
  / (tumou?rs?|lesions?|lasion|cancer|mass|tumor mask|livertumou?rs?|gtv|neoplasm|focal) /u;

/** The class that a text names, in our short form; undefined if it names none. */
export function classOfText(text: string): string | undefined {
  const plain = normalizeText(text.replace(/\d+/g, ' '));
  return classTerms.find(([, pattern]) => pattern.test(plain))?.[0];
}

/** Whether a text says "lesion", "tumour" or the like, whatever its class. */
export function namesLesion(text: string): boolean {
  return anyLesion.test(normalizeText(text.replace(/\d+/g, ' ')));
}

/** Whether a label, segment or file name means a lesion, of a named class or not. */
export function isLesionName(text: string): boolean {
  return classOfText(text) !== undefined || namesLesion(text);
}

/**
 * The name of a class in dataset.yaml: as the user maps it, else our short form of a known term,
 * else the term itself without signs that dataset.yaml does not take.
 */
export function className(term: string, map: Readonly<Record<string, string>> = {}): string | null {
  const wanted = term.trim();
  if (wanted === '') return null;
  const mapped = Object.entries(map).find(
    ([from]) => from.trim().toLowerCase() === wanted.toLowerCase(),
  )?.[1];
  if (mapped !== undefined) return mapped;
  const known = classOfText(wanted);
  if (known !== undefined) {
    // A map may also rename the short form: `--class crlm=metastasis`.
    return Object.entries(map).find(([from]) => from.toLowerCase() === known)?.[1] ?? known;
  }
  const plain = wanted
    .replace(/[^\p{L}\p{N} _.+-]+/gu, ' ')
    .trim()
    .slice(0, 64);
  return plain === '' ? null : plain.toLowerCase();
}
