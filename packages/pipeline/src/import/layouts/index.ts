import type { LayoutAdapter } from '../adapter.js';
import { dicom } from './dicom.js';
import { folder } from './folder.js';
import { hccTaceSeg } from './hcc-tace-seg.js';
import { ircadb } from './ircadb.js';
import { lits } from './lits.js';
import { lldMmri } from './lld-mmri.js';
import { mctLtDiag } from './mct-ltdiag.js';
import { msdLiver } from './msd-liver.js';
import { nnunet } from './nnunet.js';
import { plcCect } from './plc-cect.js';
import { trials } from './trials.js';
import { wawTace } from './waw-tace.js';

/** Every layout; the order decides where two are equally sure. */
export const layouts: readonly LayoutAdapter[] = [
  mctLtDiag,
  lldMmri,
  wawTace,
  hccTaceSeg,
  plcCect,
  trials,
  msdLiver,
  lits,
  ircadb,
  nnunet,
  folder,
  dicom,
];
