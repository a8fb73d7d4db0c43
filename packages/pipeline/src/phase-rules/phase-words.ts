/** A word of file names and series descriptions, and the phase that it stands for. */
export interface PhaseWord {
  readonly phase: string;
  /** Tested against {@link normalizeText}. */
  readonly pattern: RegExp;
  /** How the word is told in reasons. */
  readonly shown: string;
  /** 0..1; abbreviations that mean other things too have less. */
  readonly confidence: number;
  /** Also fits a word that decides: `late` in `late arterial`. */
  readonly qualifier?: boolean;
}

/** Lower case, accents off, `+` kept, everything else that is no letter or digit a space; `C-` becomes `c-`. */
export function normalizeText(text: string): string {
  const plain = text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    // camelCase and names grown together: "InPhase", "portalVenous".
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    // "C-pre", "C-" and "C+A" are written with signs that carry the meaning.
    .replace(/\bc\s?-(?=\s?(pre\b|$|[\s_]))/g, 'cminus ')
    .replace(/\bc\s?\+/g, 'cplus ');
  return ` ${plain
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    // Chinese has no spaces between words.
    .replace(/(\p{Script=Han}+)/gu, ' $1 ')
    .replace(/\s+/g, ' ')
    .trim()} `;
}

const word = (
  phase: string,
  shown: string,
  pattern: string,
  confidence: number,
  qualifier = false,
): PhaseWord => ({ phase, shown, pattern: new RegExp(pattern, 'u'), confidence, qualifier });

/**
 * English, German, French, Spanish and Chinese terms of hospitals and public data sets. Only terms
 * that mean one phase; `simple` or `KM` alone say too little. Several may match: see phase-by-text.ts.
 */
export const contrastWords: readonly PhaseWord[] = [
  // Native
  word('NC', 'native', ' (nativ|native|natif|nativo|nativa|nativphase) ', 0.95),
  word(
    'NC',
    'without contrast',
    ' (nc|ncct|nect|plain|unenhanced|nocontrast|noncontrast|no contrast|non contrast|without contrast|w o contrast|wo contrast|non enhanced|non ?injecte) ',
    0.95,
  ),
  word('NC', 'before contrast', ' (pre ?contrast|cminus|cminus pre|pre ?kontrast) ', 0.9),
  word('NC', 'before contrast', ' pre ', 0.6),
  word('NC', 'ohne Kontrastmittel', ' (ohne (km|kontrast|kontrastmittel)|o km) ', 0.95),
  word(
    'NC',
    'sans injection',
    ' (sans (injection|contraste|iv|pdc|produit de contraste)|spc) ',
    0.95,
  ),
  word('NC', 'sin contraste', ' (sin (contraste|civ|cte)|s c iv) ', 0.95),
  word('NC', '平扫', '平扫|平掃', 0.95),
  // Arterial
  word(
    'ART',
    'arterial',
    ' (art|arterial|arteriell|arterielle|arterieller|arteriel|arteria|arteriale|arterialphase|arterialphasen|arteriellphase|spatarteriell|spaetarteriell|fruharteriell|frueharteriell|hap|lap|eap) ',
    0.95,
  ),
  word('ART', 'C+A', ' cplus a(rt)? ', 0.95),
  word('ART', 'AP', ' (ap|aph) ', 0.75),
  word('ART', '动脉', '动脉|動脈', 0.95),
  // Portal venous
  word(
    'PV',
    'portal venous',
    ' (pv|pvp|portal|portale|portalvenous|portalvenos|portalvenose|portovenous|portovenos|portovenose|porto|portvenos|pvenos|hvp|portalphase|portalvenosephase) ',
    0.95,
  ),
  word(
    'PV',
    'venous',
    ' (ven|venous|venos|venose|venoes|venoese|veineux|veineuse|venoso|venosa) ',
    0.85,
  ),
  word('PV', 'C+V', ' cplus (v|p|pv) ', 0.95),
  word('PV', '门脉', '门脉|门静脉|門脈|門靜脈|静脉期|靜脈期', 0.95),
  // Delayed
  word(
    'DL',
    'delayed',
    ' (dl|delay|delayed|spatphase|spaetphase|equilibrium|equilibre|equilibrio|cplus delay|cplus delayed) ',
    0.9,
  ),
  word('DL', 'DP', ' dp ', 0.7),
  word('DL', 'late', ' late ', 0.7, true),
  word('DL', 'Spät', ' (spat|spaet|tardif|tardive|tardio|tardia) ', 0.9, true),
  word('DL', '延迟', '延迟|延遲|平衡期', 0.95),
];

/** Sequences of MR that are no phases of the contrast agent. */
export const sequenceWords: readonly PhaseWord[] = [
  word('T2WI', 'T2', ' (t2|t2wi|t2w) ', 0.95),
  word('DWI', 'DWI', ' dwi ', 0.95),
  word('InPhase', 'in phase', ' (in phase|inphase|ip) ', 0.95),
  word(
    'OutPhase',
    'out of phase',
    ' (out phase|outphase|out of phase|opposed phase|opp|oop) ',
    0.95,
  ),
  word('HBP', 'hepatobiliary', ' (hbp|hepatobiliary) ', 0.95),
];

/** Images that are no phase: scouts, reports, projections, perfusion and bolus tracking. */
export const notAPhase =
  / (localizer|localiser|scout|topogram|topogramm|surview|scanogram|dose|dosis|report|bolus|monitoring|premonitoring|tracker|smartprep|mip|mpr|vrt|scoutview|perfusion|screen save|key images?) |定位/u;

/** "35 s", "70sec", "3 min" after the injection, in seconds; undefined if the text states none. */
export function statedDelay(text: string): number | undefined {
  const match = / (\d{1,3}) ?(s|sec|sek|seg|secs|seconds|min|mins|minutes|分钟|秒) /u.exec(text);
  if (match === null) return undefined;
  const minutes = /^(min|分)/u.test(match[2] as string);
  return Number(match[1]) * (minutes ? 60 : 1);
}
