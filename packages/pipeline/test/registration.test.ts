import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import {
  makeVolume,
  placeInPhase,
  planCohort,
  type RegistrationInput,
  registerVolumes,
  renderCase,
  resolveRegistration,
  transformPoint,
  type Vector3,
  type Volume,
  voxelToWorld,
} from '../src/index.js';
import { runElastix } from '../src/registration/elastix.js';
import { metricImage } from '../src/registration/metric-image.js';
import { parameterMaps } from '../src/registration/parameter-maps.js';
import { abdomen, boxMask, volumeOf } from './cohort.js';

/** A small phantom with twice the usual motion; PV and NC with what is known of them. */
function phantomPair() {
  const seed = 12;
  const [plan] = planCohort(4, seed);
  if (plan === undefined) throw new Error('no case');
  const options = {
    seed,
    phases: ['NC', 'PV'] as const,
    full: false,
    size: [96, 96, 16] as Vector3,
  };
  const rendered = renderCase(plan, { ...options, spacing: [2, 2, 6], motion: 2 });
  const { grid, deformations } = rendered.model;
  const [nx, ny] = grid.size;
  const mask = rendered.lesionMasks[1] as Uint8Array;
  const points: Vector3[] = [];
  mask.forEach((inside, i) => {
    if (inside === 0) return;
    points.push(voxelToWorld(grid, [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))]));
  });
  const deformation = deformations.NC;
  if (deformation === undefined) throw new Error('no truth');
  return {
    fixed: makeVolume(grid, rendered.images[1] as Int16Array),
    moving: makeVolume(grid, rendered.images[0] as Int16Array),
    liver: makeVolume(grid, rendered.liverMask),
    points,
    truth: points.map((point) => placeInPhase(deformation, point)),
  };
}

const distance = (a: Vector3, b: Vector3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
const median = (values: number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Too little to register well, enough to run everything. */
const hasty: RegistrationInput = {
  linearResolutions: 1,
  linearIterations: 10,
  resolutions: 1,
  iterations: 10,
  samples: 256,
  refine: false,
};

describe('registering two phases', () => {
  const pair = phantomPair();

  it('finds the true motion of a phantom', async () => {
    const { transform } = await registerVolumes(pair);
    const before = pair.points.map((point, i) => distance(point, pair.truth[i] as Vector3));
    const after = pair.points.map((point, i) =>
      distance(transformPoint(transform, point), pair.truth[i] as Vector3),
    );
    expect(median(before)).toBeGreaterThan(3);
    expect(median(after)).toBeLessThan(1.5);
    expect(median(after)).toBeLessThan(0.4 * median(before));
  }, 120_000);

  it.each([
    ['rigid', ['linear']],
    ['affine', ['linear', 'linear']],
    ['bspline', ['linear', 'linear', 'spline']],
  ] as const)('%s goes on from the stage before', async (method, kinds) => {
    const { transform } = await registerVolumes({ ...pair, method, settings: hasty });
    expect(transform.stages.map(({ kind }) => kind)).toEqual(kinds);
    if (method !== 'rigid') return;
    const [a, b] = [pair.points[0], pair.points.at(-1)] as [Vector3, Vector3];
    const [to, other] = [transformPoint(transform, a), transformPoint(transform, b)];
    expect(distance(to, other)).toBeCloseTo(distance(a, b), 9);
  });

  it('gives the same bits twice, and other bits for another seed', async () => {
    const hash = async (settings: RegistrationInput) => {
      const { transform } = await registerVolumes({ ...pair, settings });
      return createHash('sha256').update(JSON.stringify(transform)).digest('hex');
    };
    const first = await hash(hasty);
    expect(await hash(hasty)).toBe(first);
    expect(await hash({ ...hasty, seed: 7 })).not.toBe(first);
  });

  it('reads motion between grids that differ in origin, spacing and extent', async () => {
    // The same image with every other pixel, cut and given another origin: nothing moved in the world.
    const { fixed } = pair;
    const coarse = coarser(fixed);
    const { transform } = await registerVolumes({
      fixed,
      moving: coarse,
      liver: pair.liver,
      method: 'rigid',
      settings: { linearResolutions: 2 },
    });
    const off = pair.points.map((point) => distance(transformPoint(transform, point), point));
    expect(Math.max(...off)).toBeLessThan(0.6);
  });
});

/** Every other pixel in plane, without the first four columns. */
function coarser(volume: Volume): Volume {
  const [nx, ny, nz] = volume.size;
  const size: Vector3 = [(nx - 4) / 2, ny / 2, nz];
  const data = new Int16Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      for (let x = 0; x < size[0]; x += 1) {
        data[at++] = volume.data[(z * ny + 2 * y) * nx + 4 + 2 * x] as number;
      }
    }
  }
  const spacing: Vector3 = [2 * volume.spacing[0], 2 * volume.spacing[1], volume.spacing[2]];
  const origin = voxelToWorld(volume, [4, 0, 0]);
  return makeVolume({ size, spacing, origin, direction: volume.direction }, data);
}

describe('pairs that cannot be registered', () => {
  const fixed = abdomen();
  const refused = (input: Partial<Parameters<typeof registerVolumes>[0]>, code: string) =>
    expect(
      registerVolumes({ fixed, moving: fixed, settings: hasty, ...input }),
    ).rejects.toMatchObject({ code, remedy: expect.stringMatching(/\w/) });

  it('refuses a phase in another frame of reference', () =>
    refused({ moving: { ...fixed, origin: [900, 900, 900] } }, 'GEOMETRY_MISMATCH'));

  it('refuses a phase of a single value', () =>
    refused({ moving: volumeOf(() => -1000) }, 'DATA_ERROR'));

  it('refuses too few slices', () => {
    const flat = volumeOf((x, y) => x + y, Int16Array, { size: [40, 36, 2] });
    return refused({ fixed: flat, moving: flat }, 'DATA_ERROR');
  });

  it('refuses voxels that are no numbers', () =>
    refused(
      { moving: volumeOf((x, y) => (x === 5 ? Number.NaN : y), Float32Array) },
      'DATA_ERROR',
    ));

  it('refuses wrong parameters by name', () => {
    expect(() => resolveRegistration({ gridSpacing: 0 })).toThrow(/gridSpacing/);
    expect(() => resolveRegistration({ grid: 30 } as never)).toThrow(/grid/);
  });

  it('turns what elastix throws into an error with words, and leaves the terminal alone', async () => {
    const spoken = (['error', 'log', 'warn'] as const).map((name) => vi.spyOn(console, name));
    const image = metricImage(fixed, { low: [0, 0, 0], high: fixed.size }, null, 2);
    const maps = parameterMaps('rigid', resolveRegistration(hasty)).map((map) => ({
      ...map,
      Metric: ['NoSuchMetric'],
    }));
    await expect(runElastix(maps, image, image)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.not.stringMatching(/\d{4}/),
      remedy: expect.stringMatching(/\w/),
    });
    for (const spy of spoken) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

describe('the region that is compared', () => {
  it('is the liver with its margin, else the lesions, else everything', async () => {
    const fixed = abdomen();
    const settings = { ...hasty, margin: 3, lesionMargin: 6 };
    const region = async (input: object) =>
      (await registerVolumes({ fixed, moving: fixed, method: 'rigid', settings, ...input })).region;
    const liver = boxMask([10, 10, 2], [30, 30, 6]);
    const lesions = [boxMask([12, 12, 3], [20, 20, 5])];
    // Spacing 0.75, 0.75, 5 mm.
    expect(await region({ liver, lesions })).toEqual({ low: [6, 6, 1], high: [34, 34, 7] });
    expect(await region({ lesions })).toEqual({ low: [4, 4, 1], high: [28, 28, 7] });
    expect(await region({})).toEqual({ low: [0, 0, 0], high: [...fixed.size] });
  });
});
