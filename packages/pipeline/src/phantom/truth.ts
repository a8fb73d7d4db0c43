import { readFile } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import type { Vector3 } from '../volume/index.js';
import type { Deformation } from './deformation.js';
import type { CaseEnhancement, PhantomClass, PhantomPhase } from './enhancement.js';

/** What is known of one synthetic case. Lengths in mm, positions LPS, values in HU. */
export interface CaseTruth {
  readonly id: string;
  readonly patient: string;
  readonly class: PhantomClass;
  readonly atypical: boolean;
  readonly lesion: {
    readonly centre: Vector3;
    /** Of the ball of the same volume. */
    readonly diameter: number;
    /** Volume of the mask in PV, ml. */
    readonly volume: number;
  };
  /** Latent mean HU of lesion, liver and aorta, without noise or partial volume. */
  readonly enhancement: CaseEnhancement;
  readonly noiseStandardDeviation: number;
  /** Against PV, of every other phase; see the fields of Deformation. */
  readonly deformations: Readonly<Partial<Record<PhantomPhase, Deformation>>>;
  /** Few voxels of lesion (1) and surroundings (2) in PV, relative to truth.json. */
  readonly seeds: string;
}

/** Contents of truth.json. */
export interface PhantomTruth {
  readonly format: 'flc-phantom-truth';
  readonly version: 1;
  readonly synthetic: true;
  readonly seed: number;
  readonly full: boolean;
  readonly phases: readonly PhantomPhase[];
  readonly reference: 'PV';
  /** How to read `deformations`. */
  readonly deformationFormula: string;
  readonly cases: readonly CaseTruth[];
}

export const deformationFormula =
  'Tissue seen at p (mm, LPS) in a phase lies in PV at p + u(p); u(p) = translation + sum over waves of amplitude * cos(k . p + phase)';

/** Reads the truth.json of a phantom cohort. */
export async function readTruth(file: string): Promise<PhantomTruth> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new FlcError('IO_ERROR', 'The truth of the phantom cohort cannot be read', {
      details: { file },
      cause,
    });
  }
  let truth: Partial<PhantomTruth> | null = null;
  try {
    truth = JSON.parse(text) as Partial<PhantomTruth> | null;
  } catch {
    // Falls through to the one message below.
  }
  if (truth?.format !== 'flc-phantom-truth' || truth.version !== 1 || !Array.isArray(truth.cases)) {
    throw new FlcError('DATA_ERROR', 'This is no truth.json of a phantom cohort', {
      details: { file },
      remedy: 'Make the cohort anew with `flc-native phantom`.',
    });
  }
  return truth as PhantomTruth;
}
