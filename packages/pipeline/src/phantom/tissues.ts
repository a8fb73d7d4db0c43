import type { CaseEnhancement, Enhancement } from './enhancement.js';

/** HU of the tissues round the lesion, typical of a portal-venous abdominal protocol. */
const fixedTissues = {
  fat: { NC: -100, ART: -100, PV: -98, DL: -98 },
  muscle: { NC: 54, ART: 58, PV: 64, DL: 64 },
  lung: { NC: -860, ART: -855, PV: -850, DL: -850 },
  bowel: { NC: 32, ART: 55, PV: 75, DL: 68 },
  bile: { NC: 8, ART: 8, PV: 9, DL: 9 },
  stomachWall: { NC: 40, ART: 75, PV: 85, DL: 75 },
  stomachContent: { NC: 15, ART: 15, PV: 15, DL: 15 },
  spleen: { NC: 50, ART: 125, PV: 122, DL: 100 },
  kidneyCortex: { NC: 34, ART: 165, PV: 185, DL: 150 },
  kidneyMedulla: { NC: 30, ART: 70, PV: 150, DL: 150 },
  corticalBone: { NC: 480, ART: 485, PV: 490, DL: 490 },
  cancellousBone: { NC: 190, ART: 200, PV: 210, DL: 208 },
  portalVein: { NC: 42, ART: 95, PV: 172, DL: 128 },
  hepaticVein: { NC: 42, ART: 60, PV: 158, DL: 126 },
  cava: { NC: 42, ART: 75, PV: 135, DL: 122 },
  aortaWall: { NC: 55, ART: 90, PV: 85, DL: 80 },
} as const satisfies Record<string, Enhancement>;

export type TissueName = keyof typeof fixedTissues | 'aorta' | 'liver';

/** HU of a tissue in one case. */
export function tissueEnhancement(tissue: TissueName, latent: CaseEnhancement): Enhancement {
  if (tissue === 'aorta') return latent.aorta;
  if (tissue === 'liver') return latent.liver;
  return fixedTissues[tissue];
}
