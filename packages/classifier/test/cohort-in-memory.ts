import type { Prepared, PreparedSample } from '@flc-native/pipeline';
import { fullSlice } from './slices.js';

export interface LesionPlan {
  readonly patientId: string;
  readonly class: string | null;
  /** HU of the image; also what makes its case's images another content. */
  readonly value: number;
  readonly slices?: number;
}

/** A prepared cohort without files: one case a lesion, slices of 12 x 12 pixels. */
export function cohortInMemory(plans: readonly LesionPlan[]): Prepared {
  const samples: PreparedSample[] = [];
  for (const [i, plan] of plans.entries()) {
    const caseId = caseIdOf(i);
    for (let slice = 0; slice < (plan.slices ?? 1); slice++)
      samples.push({
        id: `${caseId}/lesion-1/${slice}`,
        caseId,
        patientId: plan.patientId,
        lesionId: `${caseId}/lesion-1`,
        class: plan.class,
        slice,
        file: `cases/${caseId}.safetensors`,
        key: `lesion-1/${slice}`,
        box: [0, 0, 12, 12],
        areaPixels: 144,
        spacing: [0.7, 0.7, 5],
        slicePositionMm: 5 * slice,
        coverage: 0.9,
        coverageLowered: false,
        liverMeanSource: 'ring',
      });
  }
  const byId = new Map(samples.map((sample, i) => [sample.id, i]));
  const cases = plans.map((plan, i) => ({
    caseId: caseIdOf(i),
    patientId: plan.patientId,
    file: `cases/${caseIdOf(i)}.safetensors`,
    key: `key ${i} ${plan.value}`,
    settings: 'settings',
    inputs: [{ role: 'phase NC', bytes: 1, witness: '0', sha256: `image ${i} ${plan.value}` }],
    warnings: [],
  }));
  return {
    dir: 'memory',
    index: {
      format: 'flc-prepared',
      version: 1,
      synthetic: true,
      modality: 'CT',
      phases: ['NC', 'ART', 'PV'],
      reference: 'PV',
      classes: ['cyst', 'fnh', 'hcc', 'hem'],
      margin: 2,
      background: 'lower',
      intensity: { window: [-70, 180] },
      slices: 'largest',
      align: 'none',
      inPlaneSpacing: null,
      coverage: 0.9,
      samples,
      cases,
    },
    async loadSample(sample) {
      const plan = plans[Number.parseInt(sample.caseId, 16)];
      if (!byId.has(sample.id) || plan === undefined) throw new Error('unknown sample');
      return { ...fullSlice(sample.id, 12, 12, plan.value).input, liverMean: new Float32Array(3) };
    },
  };
}

function caseIdOf(i: number): string {
  return i.toString(16).padStart(12, '0');
}
