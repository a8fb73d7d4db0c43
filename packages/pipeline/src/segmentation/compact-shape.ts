import { connectedComponents, type Size } from '@flc-native/imaging';

/** Beyond this the shape says no more: a change of the odds by a factor of e^4. */
const mostCertain = 4;
/** Fewer voxels have no shape. */
const leastVoxels = 8;

/** An ellipsoid: `depth` of a voxel is 0 at its centre and 1 at its surface. */
export interface Ellipsoid {
  depth(voxel: number): number;
}

/** What is connected to the lesion's seeds, by faces; `found` without the rest. */
export function partWithSeeds(found: Uint8Array, lesionSeeds: Uint8Array, size: Size): Uint8Array {
  const { labels, count } = connectedComponents(found, size, 6);
  const marked = new Uint8Array(count + 1);
  labels.forEach((part, i) => {
    if (lesionSeeds[i] !== 0) marked[part] = 1;
  });
  marked[0] = 0;
  return Uint8Array.from(labels, (part) => marked[part] as number);
}

/** The ellipsoid with the centre and the second moments of a mask; undefined for a few voxels. `spacing` in mm. */
export function ellipsoidOf(
  mask: Uint8Array,
  [nx, ny, nz]: Size,
  spacing: readonly number[],
): Ellipsoid | undefined {
  const at = (i: number) => [
    (i % nx) * (spacing[0] as number),
    (Math.floor(i / nx) % ny) * (spacing[1] as number),
    Math.floor(i / (nx * ny)) * (spacing[2] as number),
  ];
  const voxels: number[] = [];
  mask.forEach((v, i) => {
    if (v !== 0) voxels.push(i);
  });
  if (voxels.length < leastVoxels) return undefined;
  const { length } = voxels;
  const points = voxels.map(at);
  const mean = [0, 1, 2].map((a) => points.reduce((sum, p) => sum + (p[a] as number), 0) / length);
  const moment = (a: number, b: number) => {
    const covariance = points.reduce(
      (sum, p) =>
        sum + ((p[a] as number) - (mean[a] as number)) * ((p[b] as number) - (mean[b] as number)),
      0,
    );
    // Voxels are boxes, not points.
    return covariance / length + (a === b ? (spacing[a] as number) ** 2 / 12 : 0);
  };
  const inverse = symmetricInverse(moment);
  // The variance of a full ellipsoid is its squared half axis over 5, that of an ellipse over 4.
  const dimensions = nz > 1 ? 3 : 2;
  return {
    depth(voxel) {
      const [x, y, z] = at(voxel).map((v, a) => v - (mean[a] as number)) as [
        number,
        number,
        number,
      ];
      const [xx, xy, xz, yy, yz, zz] = inverse;
      const squared =
        x * x * xx + y * y * yy + z * z * zz + 2 * (x * y * xy + x * z * xz + y * z * yz);
      return Math.sqrt(squared / (dimensions + 2));
    },
  };
}

/** The priors (by label and then voxel, the lesion first) with the odds of the lesion times exp(compact (1 - depth)). */
export function withShape(
  priors: Float32Array,
  ellipsoid: Ellipsoid,
  compact: number,
  voxels: number,
): Float32Array {
  const shaped = Float32Array.from(priors);
  for (let i = 0; i < voxels; i += 1) {
    const evidence = compact * (1 - ellipsoid.depth(i));
    const factor = Math.exp(Math.min(Math.max(evidence, -mostCertain), mostCertain));
    const lesion = (priors[i] as number) * factor;
    const total = lesion + 1 - (priors[i] as number);
    shaped[i] = lesion / total;
    for (let k = i + voxels; k < priors.length; k += voxels)
      shaped[k] = (priors[k] as number) / total;
  }
  return shaped;
}

/** Entries xx, xy, xz, yy, yz, zz of the inverse of a symmetric matrix. */
function symmetricInverse(
  entry: (row: number, column: number) => number,
): readonly [number, number, number, number, number, number] {
  const [xx, xy, xz] = [entry(0, 0), entry(0, 1), entry(0, 2)];
  const [yy, yz, zz] = [entry(1, 1), entry(1, 2), entry(2, 2)];
  const a = yy * zz - yz * yz;
  const b = xz * yz - xy * zz;
  const c = xy * yz - xz * yy;
  const determinant = xx * a + xy * b + xz * c;
  return [
    a / determinant,
    b / determinant,
    c / determinant,
    (xx * zz - xz * xz) / determinant,
    (xy * xz - xx * yz) / determinant,
    (xx * yy - xy * xy) / determinant,
  ];
}
