import type { LayoutAdapter } from '../adapter.js';
import { folder } from './folder.js';
import { mctLtDiag } from './mct-ltdiag.js';
import { nnunet } from './nnunet.js';

/** Every layout; the order decides where two are equally sure. */
export const layouts: readonly LayoutAdapter[] = [mctLtDiag, nnunet, folder];
