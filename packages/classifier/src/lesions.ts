import type { Prepared, PreparedSample } from '@flc-native/pipeline';
import type { LesionSlice } from './label-maps.js';
import { roiOf } from './patch-selection.js';

/** The prepared slices of one lesion. */
export interface Lesion {
  readonly id: string;
  readonly patientId: string;
  /** Name of the class, null if nobody labelled it. */
  readonly class: string | null;
  readonly samples: readonly PreparedSample[];
}

/** Groups slices by lesion, in the order of their first slice. */
export function lesionsOf(samples: readonly PreparedSample[]): Lesion[] {
  const byId = new Map<string, PreparedSample[]>();
  for (const sample of samples) {
    const slices = byId.get(sample.lesionId);
    if (slices === undefined) byId.set(sample.lesionId, [sample]);
    else slices.push(sample);
  }
  return [...byId].map(([id, slices]) => {
    const [first] = slices as [PreparedSample];
    return { id, patientId: first.patientId, class: first.class, samples: slices };
  });
}

/** Every slice as a lesion of its own: the paper's unit. */
function slicesAsLesions(samples: readonly PreparedSample[]): Lesion[] {
  return samples.map((sample) => ({
    id: sample.id,
    patientId: sample.patientId,
    class: sample.class,
    samples: [sample],
  }));
}

/** What a machine decides on. */
export type Unit = 'slice' | 'lesion';

export function unitsOf(samples: readonly PreparedSample[], unit: Unit): Lesion[] {
  return unit === 'lesion' ? lesionsOf(samples) : slicesAsLesions(samples);
}

/** Which of the processes that share the lesions this one is. */
export interface LesionShare {
  readonly index: number;
  readonly count: number;
}

/** Every `count`-th lesion from number `index` on. */
export function lesionsOfShare(
  lesions: readonly Lesion[],
  { index, count }: LesionShare,
): Lesion[] {
  return lesions.filter((_, i) => i % count === index);
}

/** Reads the pixels of a lesion. */
export async function loadLesion(prepared: Prepared, lesion: Lesion): Promise<LesionSlice[]> {
  const slices: LesionSlice[] = [];
  for (const sample of lesion.samples) {
    const input = await prepared.loadSample(sample);
    slices.push({
      sampleId: sample.id,
      input,
      roi: { ...roiOf(input), coverage: sample.coverage },
    });
  }
  return slices;
}
