import type { OrganHu } from './organ-hu.js';
import { noGuess, type PhaseGuess } from './phase-guess.js';

/**
 * Limits in HU. Blood without contrast has 30 to 60 HU; in the arterial phase the aorta is more
 * than 80 HU above the portal vein (the rule that data sets without phase names are sorted by).
 * `venousPool` separates the portal venous phase, where aorta or portal vein has 150 to 180 HU, from
 * the delayed one at 3 to 10 min, where both have 80 to 135 HU; it is the weakest of the rules.
 */
export const phaseLimits = {
  nativeAorta: [20, 75],
  arterialOverPortal: 80,
  arterialOverLiver: 120,
  arterialAorta: 220,
  enhancedPortal: 105,
  venousPool: 142,
  enhancedLiver: 80,
} as const;

/** The phase of a CT by the HU of aorta, portal vein and liver; null where they say too little. */
export function phaseFromOrgans(hu: OrganHu): PhaseGuess {
  const { aorta, portal, liver } = hu;
  const said = describe(hu);
  if (aorta === undefined) return withoutAorta(hu, said);
  const limits = phaseLimits;
  const [low, high] = limits.nativeAorta;
  if (aorta >= low && aorta <= high && (portal === undefined || portal < 90)) {
    return guess(
      'NC',
      said,
      'blood without contrast',
      margin(Math.min(aorta - low, high - aorta), 15),
    );
  }
  if (aorta < low) return noGuess(`${said}: less than blood has`);
  if (portal !== undefined) {
    const difference = aorta - portal - limits.arterialOverPortal;
    if (difference > 0)
      return guess('ART', said, 'the aorta is far above the portal vein', margin(difference, 40));
    const pool = Math.max(aorta, portal) - limits.venousPool;
    const enhanced = portal >= limits.enhancedPortal && (liver ?? 999) >= limits.enhancedLiver;
    if (enhanced && pool > 0) {
      const closest = Math.min(pool, -difference);
      return guess('PV', said, 'portal vein and liver are enhanced', margin(closest, 30));
    }
    const fits = portal >= 70 && Math.abs(aorta - portal) < 40;
    return guess('DL', said, 'the contrast is washed out', fits ? margin(-pool, 25) : 0.4);
  }
  return withoutPortal(aorta, liver, said);
}

function withoutPortal(aorta: number, liver: number | undefined, said: string): PhaseGuess {
  const limits = phaseLimits;
  const over = aorta - limits.arterialAorta;
  const overLiver = liver === undefined ? over : aorta - liver - limits.arterialOverLiver;
  if (over > 0 || overLiver > 0) {
    const confidence = 0.9 * margin(Math.max(over, overLiver), 60);
    return guess('ART', said, 'the aorta is far above all that is venous', confidence);
  }
  // Between the venous phases one image without the portal vein says little.
  const venous = aorta >= limits.venousPool && (liver ?? 999) >= limits.enhancedLiver;
  const most = liver === undefined ? 0.45 : 0.6;
  return guess(
    venous ? 'PV' : 'DL',
    said,
    venous ? 'aorta and liver are enhanced' : 'the contrast is washed out',
    most * margin(Math.abs(aorta - limits.venousPool), 30),
  );
}

function withoutAorta({ portal, liver }: OrganHu, said: string): PhaseGuess {
  if (portal !== undefined && liver !== undefined && portal - liver > 30) {
    return guess('PV', said, 'the portal vein stands out of the liver', 0.6);
  }
  if (portal !== undefined && portal < 60) return noGuess(`${said}: native or early arterial`);
  return noGuess(
    said === '' ? 'neither aorta nor portal vein was found' : `${said}: too little to decide`,
  );
}

/** 0.5 at a limit, 0.95 from `full` HU beyond it. */
function margin(distance: number, full: number): number {
  return 0.5 + 0.45 * Math.min(1, Math.max(0, distance / full));
}

function guess(phase: string, said: string, why: string, confidence: number): PhaseGuess {
  return { phase, reason: `${said}: ${why}`, confidence, source: 'image' };
}

function describe(hu: OrganHu): string {
  const parts = [
    ['aorta', hu.aorta],
    ['portal vein', hu.portal],
    ['liver', hu.liver],
  ] as const;
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${Math.round(value as number)} HU`)
    .join(', ');
}
