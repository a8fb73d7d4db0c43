import type { Random } from '../random/index.js';

/** Phases that the generator knows, in the order of acquisition. */
export const phantomPhases = ['NC', 'ART', 'PV', 'DL'] as const;
export type PhantomPhase = (typeof phantomPhases)[number];

/** Classes that the generator knows, in the order of the paper. */
export const phantomClasses = ['cyst', 'fnh', 'hcc', 'hem'] as const;
export type PhantomClass = (typeof phantomClasses)[number];

/** HU by phase. */
export type Enhancement = Readonly<Record<PhantomPhase, number>>;

/** Mean HU over the lesion, by class. The numbers are fixed; see docs/explanation for their reading. */
export const typicalMeans: Readonly<Record<PhantomClass, Enhancement>> = {
  cyst: { NC: 10, ART: 11, PV: 12, DL: 12 },
  fnh: { NC: 47, ART: 115, PV: 112, DL: 98 },
  hcc: { NC: 44, ART: 95, PV: 86, DL: 76 },
  hem: { NC: 40, ART: 70, PV: 95, DL: 98 },
};

/**
 * Means of the atypical cases: haemorrhagic cyst, FNH without a scar (same enhancement), hypovascular HCC and
 * flash-filling haemangioma, which follows the blood pool.
 */
export const atypicalMeans: Readonly<Record<PhantomClass, Enhancement>> = {
  cyst: { NC: 52, ART: 53, PV: 54, DL: 54 },
  fnh: typicalMeans.fnh,
  hcc: { NC: 44, ART: 62, PV: 80, DL: 74 },
  hem: { NC: 40, ART: 190, PV: 145, DL: 120 },
};

/** Share of atypical cases in each class. */
export const atypicalShare = 0.15;

/** Standard deviations between cases, HU. */
export const lesionDeviations: Enhancement = { NC: 8, ART: 15, PV: 12, DL: 12 };

/**
 * Correlation of a lesion's deviations between two phases. Fluid does not enhance: what makes one cyst denser than
 * another is the same in every phase. The other classes deviate independently.
 */
export const phaseCorrelation: Readonly<Record<PhantomClass, number>> = {
  cyst: 0.95,
  fnh: 0,
  hcc: 0,
  hem: 0,
};

export const liverMeans: Enhancement = { NC: 57, ART: 75, PV: 112, DL: 95 };
export const liverDeviations: Enhancement = { NC: 8, ART: 10, PV: 12, DL: 10 };
export const aortaMeans: Enhancement = { NC: 42, ART: 300, PV: 160, DL: 130 };
export const aortaDeviations: Enhancement = { NC: 4, ART: 30, PV: 14, DL: 10 };

/** The latent values of one case, HU. */
export interface CaseEnhancement {
  readonly lesion: Enhancement;
  readonly liver: Enhancement;
  readonly aorta: Enhancement;
}

/** Draws the latent values of a case. Always draws all four phases, so that a fourth one changes nothing else. */
export function drawEnhancement(
  random: Random,
  lesionClass: PhantomClass,
  atypical: boolean,
): CaseEnhancement {
  const means = (atypical ? atypicalMeans : typicalMeans)[lesionClass];
  return {
    lesion: drawPhases(random, means, lesionDeviations, phaseCorrelation[lesionClass]),
    liver: drawPhases(random, liverMeans, liverDeviations, 0),
    aorta: drawPhases(random, aortaMeans, aortaDeviations, 0),
  };
}

/** Gaussian with equal correlation between any two phases: a shared and an own part. */
function drawPhases(
  random: Random,
  means: Enhancement,
  deviations: Enhancement,
  correlation: number,
): Enhancement {
  const shared = random.normal();
  const draw = (phase: PhantomPhase) =>
    means[phase] +
    deviations[phase] *
      (Math.sqrt(correlation) * shared + Math.sqrt(1 - correlation) * random.normal());
  return { NC: draw('NC'), ART: draw('ART'), PV: draw('PV'), DL: draw('DL') };
}
