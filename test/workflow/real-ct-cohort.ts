import { join } from 'node:path';
import {
  blendLesion,
  drawEnhancement,
  drawLesionShape,
  drawLesionTexture,
  type Grid,
  identityDirection,
  type LesionTissue,
  lesionTissue,
  type PhantomClass,
  phantomClasses,
  randomStream,
  type Vector3,
  type Volume,
  writeDataset,
  writeVolume,
} from '@flc-native/pipeline';

const phases = ['NC', 'ART', 'PV'] as const;

/** Mean HU of the liver by phase, from which the real liver's own mean is subtracted. */
const liverMeans = [57, 75, 112] as const;

/**
 * Writes three-phase cases on a real CT: its grid and affine, its body, and in its liver lesions of the phantom's
 * enhancement model. One patient a case. Names of files and cases are chosen by the caller.
 *
 * @param liver mask on the grid of the CT, non-zero inside
 */
export async function writeRealCtCohort(options: {
  readonly out: string;
  readonly ct: Volume;
  readonly liver: Volume;
  readonly casesPerClass: number;
  readonly caseName: (i: number) => string;
}): Promise<string> {
  const { out, ct, liver, casesPerClass, caseName } = options;
  const depth = liverDepth(liver);
  const cases = [];
  for (let i = 0; i < casesPerClass * phantomClasses.length; i++) {
    const name = caseName(i);
    const lesionClass = phantomClasses[i % phantomClasses.length] as PhantomClass;
    const { images, mask } = drawCase(ct, liver, depth, lesionClass, i);
    const files = Object.fromEntries(phases.map((phase) => [phase, `${name}/${phase}.nii.gz`]));
    for (const [p, phase] of phases.entries())
      await writeVolume(join(out, name, `${phase}.nii.gz`), images[p] as Volume);
    await writeVolume(join(out, name, 'lesion.nii.gz'), mask);
    cases.push({
      id: name,
      patient: name,
      phases: files,
      lesions: [{ mask: `${name}/lesion.nii.gz`, class: lesionClass }],
    });
  }
  const file = join(out, 'dataset.yaml');
  await writeDataset(file, {
    format: 'flc-dataset',
    version: 1,
    modality: 'CT',
    phases: [...phases],
    reference: 'PV',
    classes: [...phantomClasses],
    inPlaneSpacing: 1.5,
    synthetic: true,
    cases,
  });
  return file;
}

function drawCase(
  ct: Volume,
  liver: Volume,
  depth: Float32Array,
  lesionClass: PhantomClass,
  seed: number,
) {
  const random = randomStream(seed, 'real-ct');
  const latent = drawEnhancement(random, lesionClass, false);
  // The model paints along the voxel axes; where these lie in the world is the files' affair.
  const grid: Grid = { ...ct, origin: [0, 0, 0], direction: identityDirection };
  const radius = random.uniform(12, 16);
  const deep = indicesWhere(depth, (value) => value * Math.min(...ct.spacing) >= radius);
  const centre = positionOf(grid, deep[random.int(deep.length)] as number);
  const shape = drawLesionShape(random, lesionClass, 2 * radius, centre);
  const texture = drawLesionTexture(random, lesionClass, false, shape);
  const tissue = lesionTissue(
    { class: lesionClass, atypical: false, shape, texture },
    latent,
    phases,
    grid,
  );
  if (tissue === undefined) throw new Error('the lesion lies outside of the CT');
  const native = meanOver(ct, liver);
  const volumes = liverMeans.map((mean) =>
    Float32Array.from(ct.data, (hu, i) =>
      liver.data[i] === 0 ? hu : hu + mean - native + random.normal(0, 6),
    ),
  );
  blendLesion(grid, volumes, tissue);
  const images = volumes.map((data) => ({
    ...ct,
    dtype: 'int16' as const,
    data: Int16Array.from(data, Math.round),
  }));
  return { images, mask: maskOf(ct, tissue) };
}

function maskOf(ct: Volume, { box, fraction }: LesionTissue): Volume {
  const [lower, upper] = box;
  const [nx, ny] = ct.size;
  const data = new Uint8Array(ct.data.length);
  let at = 0;
  for (let z = lower[2]; z < upper[2]; z++)
    for (let y = lower[1]; y < upper[1]; y++)
      for (let x = lower[0]; x < upper[0]; x++, at++)
        if ((fraction[at] as number) >= 0.5) data[(z * ny + y) * nx + x] = 1;
  return { ...ct, dtype: 'uint8', data };
}

/** Steps from each voxel to the nearest one outside of the liver along the axes (a lower bound is enough here). */
function liverDepth(liver: Volume): Float32Array {
  const [nx, ny, nz] = liver.size;
  const depth = Float32Array.from(liver.data, (value) => (value === 0 ? 0 : 1e3));
  const strides = [1, nx, nx * ny] as const;
  const sizes = [nx, ny, nz] as const;
  for (const direction of [1, -1]) {
    for (let n = 0; n < depth.length; n++) {
      const i = direction === 1 ? n : depth.length - 1 - n;
      for (const [axis, stride] of strides.entries()) {
        const coordinate = Math.floor(i / stride) % (sizes[axis] as number);
        const isFirst = coordinate === (direction === 1 ? 0 : (sizes[axis] as number) - 1);
        const near = isFirst ? 0 : (depth[i - direction * stride] as number);
        depth[i] = Math.min(depth[i] as number, near + 1);
      }
    }
  }
  return depth;
}

function indicesWhere(values: Float32Array, holds: (value: number) => boolean): number[] {
  const found: number[] = [];
  for (const [i, value] of values.entries()) if (holds(value)) found.push(i);
  return found;
}

function positionOf({ size, spacing }: Grid, index: number): Vector3 {
  const [nx, ny] = size;
  const voxel = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))];
  return voxel.map((v, axis) => v * (spacing[axis] as number)) as unknown as Vector3;
}

function meanOver(ct: Volume, mask: Volume): number {
  let sum = 0;
  let count = 0;
  for (const [i, inside] of mask.data.entries()) {
    if (inside === 0) continue;
    sum += ct.data[i] as number;
    count++;
  }
  return sum / count;
}
