import { voxelToWorld, worldToVoxel } from '../volume/geometry.js';
import { makeVolume, type Volume } from '../volume/volume.js';
import { aortaHu, findAorta } from './find-aorta.js';
import { estimateOrgans, type OrganEstimate } from './phase-from-image.js';

/**
 * Organs of all phases of one study from one search: on the maximum over the phases, where the
 * aorta is bright and sharp whatever the single phase shows. Only for phases that lie at the same
 * place in the world (a study without a change of table); the others get their own search.
 * Volumes are coarse (coarse-volume.ts); the result has one entry a volume.
 */
export function relativeEnhancement(phases: readonly Volume[]): (OrganEstimate | undefined)[] {
  const alone = phases.map((phase) => estimateOrgans(phase));
  const reference = phases[0];
  if (reference === undefined || phases.length < 2) return alone;
  const together = phases.map((phase) => resampleOnto(phase, reference));
  const shared = together.filter((phase) => phase !== undefined);
  if (shared.length < 2) return alone;
  const maximum = new Float32Array(reference.data.length).fill(Number.NEGATIVE_INFINITY);
  for (const { data } of shared) {
    for (let i = 0; i < maximum.length; i += 1) {
      maximum[i] = Math.max(maximum[i] as number, data[i] as number);
    }
  }
  const path = findAorta(makeVolume(reference, maximum));
  if (path === undefined) return alone;
  return together.map((phase, i) => {
    const own = alone[i];
    if (phase === undefined) return own;
    const liver = own?.hu.liver;
    const hu = { aorta: aortaHu(phase, path), ...(liver === undefined ? {} : { liver }) };
    // A search of its own that found the same blood confirms the common one.
    const agrees = own?.hu.aorta !== undefined && Math.abs(own.hu.aorta - hu.aorta) < 25;
    return { hu, quality: Math.min(1, path.quality * (agrees ? 1.1 : 0.9)) };
  });
}

/** Part of the reference that a phase must cover to count as taken at the same place. */
const leastOverlap = 0.6;

/** Nearest voxels of a phase on another grid; undefined if it lies elsewhere or is turned. */
function resampleOnto(phase: Volume, grid: Volume): Volume | undefined {
  if (phase.direction.some((v, i) => Math.abs(v - (grid.direction[i] as number)) > 0.02)) {
    return undefined;
  }
  // Parallel axes: each voxel axis maps by itself.
  const first = worldToVoxel(phase, voxelToWorld(grid, [0, 0, 0]));
  const axes = [0, 1, 2].map((axis) => {
    const step = (grid.spacing[axis] as number) / (phase.spacing[axis] as number);
    return Array.from({ length: grid.size[axis] as number }, (_, i) => {
      const at = Math.round((first[axis] as number) + i * step);
      return at >= 0 && at < (phase.size[axis] as number) ? at : -1;
    });
  }) as [number[], number[], number[]];
  const covered = axes.map((axis) => axis.filter((at) => at >= 0).length / axis.length);
  if (covered.some((part) => part < leastOverlap)) return undefined;
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz).fill(-1000);
  for (let z = 0; z < nz; z += 1) {
    const pz = axes[2][z] as number;
    for (let y = 0; y < ny; y += 1) {
      const py = axes[1][y] as number;
      if (pz < 0 || py < 0) continue;
      const row = (pz * phase.size[1] + py) * phase.size[0];
      for (let x = 0; x < nx; x += 1) {
        const px = axes[0][x] as number;
        if (px >= 0) data[(z * ny + y) * nx + x] = phase.data[row + px] as number;
      }
    }
  }
  return makeVolume(grid, data);
}
