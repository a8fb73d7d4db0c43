import { cropLabel } from '../prepare/lesion-parts.js';
import { voxelToWorld } from '../volume/geometry.js';
import { identityDirection, type Volume } from '../volume/volume.js';
import type { CarriedLesion } from './carry-phase.js';
import type { SpatialTransform } from './spatial-transform.js';

/**
 * The shift of a phase that brings the centres of its masks onto those of the reference phase, on average over the
 * lesions with masks on both; undefined where no lesion has them.
 */
export function centroidShift(lesions: readonly CarriedLesion[]): SpatialTransform | undefined {
  const shifts = lesions.flatMap(({ label, fixed, moving }) => {
    const [to, from] = [centreOf(fixed, label), centreOf(moving, label)];
    return to === undefined || from === undefined ? [] : [from.map((v, i) => v - at(to, i))];
  });
  if (shifts.length === 0) return undefined;
  const translation = [0, 1, 2].map(
    (axis) => shifts.reduce((sum, shift) => sum + at(shift, axis), 0) / shifts.length,
  );
  return {
    stages: [{ kind: 'linear', matrix: identityDirection, translation, centre: [0, 0, 0] }],
  };
}

/** Mean position of a label, mm. */
function centreOf(mask: Volume | undefined, label: number | undefined) {
  const part = mask && cropLabel(mask, label);
  return part && voxelToWorld(mask, part.centroid);
}

function at(vector: readonly number[], axis: number): number {
  return vector[axis] as number;
}
