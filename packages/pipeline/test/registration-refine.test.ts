import { describe, expect, it } from 'vitest';
import { registerVolumes, resolveRegistration, type Vector3 } from '../src/index.js';
import { addBending } from '../src/registration/bending.js';
import { splineDisplacement } from '../src/registration/cubic-spline.js';
import { jacobianDeterminant } from '../src/registration/deformation-facts.js';
import { throughKernel } from '../src/registration/kernel-image.js';
import { localCorrelation } from '../src/registration/local-correlation.js';
import { minimise } from '../src/registration/minimise.js';
import { refineInLiver, unlikeness } from '../src/registration/refine-in-liver.js';
import { pointMap } from '../src/registration/spatial-transform.js';
import { splineAtPoints } from '../src/registration/spline-at-points.js';
import { transformKey } from '../src/registration/transform-file.js';
import { windowSums } from '../src/registration/window-sums.js';
import { abdomen, boxMask } from './cohort.js';

const noise = (n: number, times = 1) =>
  Float64Array.from({ length: n }, (_, i) => {
    const v = Math.sin(12.9898 * (i + 1)) * 43758.5453;
    return times * (v - Math.floor(v) - 0.5);
  });

/** Derivatives of a function by some of its variables, by central differences. */
function differences(value: (x: Float64Array) => number, x: Float64Array, at: number[], h: number) {
  return at.map((i) => {
    const [up, down] = [x.slice(), x.slice()];
    up[i] = (x[i] as number) + h;
    down[i] = (x[i] as number) - h;
    return (value(up) - value(down)) / (2 * h);
  });
}

function expectClose(got: readonly number[], wanted: readonly number[]) {
  const scale = Math.max(...wanted.map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  got.forEach((v, i) => {
    expect(Math.abs(v - (wanted[i] as number))).toBeLessThan(1e-5 * scale);
  });
}

/** A turned grid in the world. */
const turned = [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1] as const;
const size: Vector3 = [20, 18, 9];
/** Blobs of a few voxels; the same tissue in the world wherever the grid lies. */
const tissue = (x: number, y: number, z: number) =>
  60 * Math.sin(x / 6 + 1) * Math.sin(y / 7) * Math.cos(z / 9) + 20 * Math.sin((x + y + z) / 11);

function imageOf(value: (x: number, y: number, z: number) => number, turn = false) {
  const direction = turn ? turned : ([1, 0, 0, 0, 1, 0, 0, 0, 1] as const);
  const [spacing, origin] = [[3, 3, 5] as Vector3, [-10, 4, 7] as Vector3];
  const [nx, ny, nz] = size;
  const data = new Float32Array(nx * ny * nz).map((_, i) => {
    const [u, v, w] = [3 * (i % nx), 3 * (Math.floor(i / nx) % ny), 5 * Math.floor(i / (nx * ny))];
    const at = (row: number) =>
      (origin[row] as number) +
      (direction[3 * row] as number) * u +
      (direction[3 * row + 1] as number) * v +
      (direction[3 * row + 2] as number) * w;
    return value(at(0), at(1), at(2));
  });
  return { size, spacing, origin, direction, data };
}

const control = {
  kind: 'spline' as const,
  size: [6, 6, 6] as Vector3,
  origin: [-50, -40, -40] as Vector3,
  spacing: [30, 30, 30] as Vector3,
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
  coefficients: Array.from({ length: 3 * 216 }, () => 0),
};

describe('the parts of the refinement', () => {
  it('sums windows as their definition does', () => {
    const [small, radius] = [[5, 4, 3] as Vector3, [2, 1, 1] as Vector3];
    const values = noise(60);
    const got = windowSums(values, small, radius);
    for (let i = 0; i < 60; i += 1) {
      const at = (v: number) => [v % 5, Math.floor(v / 5) % 4, Math.floor(v / 20)];
      let wanted = 0;
      values.forEach((v, k) => {
        const near = at(k).every(
          (c, axis) => Math.abs(c - (at(i)[axis] as number)) <= (radius[axis] as number),
        );
        if (near) wanted += v;
      });
      expect(got[i]).toBeCloseTo(wanted, 12);
    }
  });

  it('sees a plane as it is, and its slope in the world', () => {
    const sample = throughKernel(imageOf((x, y, z) => 2 * x - 3 * y + 0.5 * z, true));
    const out = new Float64Array(4);
    // The middle of the grid; at the border the image goes on as its last voxel.
    const [x, y, z] = [-2, 45, 25];
    sample(x, y, z, out);
    for (const [i, wanted] of [2 * x - 3 * y + 0.5 * z, 2, -3, 0.5].entries()) {
      expect(out[i]).toBeCloseTo(wanted, 3);
    }
  });

  it('moves points as the transform does, and its transpose is one', () => {
    const points = noise(3 * 40, 80);
    const spline = splineAtPoints(control, points);
    const coefficients = noise(control.coefficients.length, 10);
    const out = new Float64Array(points.length);
    spline.displacements(coefficients, out);
    const move = splineDisplacement({ ...control, coefficients: Array.from(coefficients) });
    for (let p = 0; p < points.length; p += 3) {
      const at = points.slice(p, p + 3);
      move(at);
      for (let i = 0; i < 3; i += 1) {
        expect((points[p + i] as number) + (out[p + i] as number)).toBeCloseTo(at[i] as number, 9);
      }
    }
    const [slopes, gradient] = [noise(points.length), new Float64Array(coefficients.length)];
    spline.addSlopes(slopes, gradient);
    const dot = (a: Float64Array, b: Float64Array) =>
      a.reduce((s, v, i) => s + v * (b[i] as number), 0);
    expect(dot(gradient, coefficients)).toBeCloseTo(dot(slopes, out), 9);
  });

  it('knows how the bending changes, and that an affine motion has none', () => {
    const small: Vector3 = [5, 4, 4];
    const c = noise(240, 3);
    const energy = (x: Float64Array) => addBending(x, small, 2, new Float64Array(240));
    const gradient = new Float64Array(240);
    addBending(c, small, 2, gradient);
    const at = [0, 33, 77, 120, 239];
    expectClose(
      at.map((i) => gradient[i] as number),
      differences(energy, c, at, 1e-4),
    );
    const straight = c.map((_, i) => (i % 5) - 2 * (Math.floor(i / 5) % 4) + Math.floor(i / 80));
    expect(energy(straight)).toBeLessThan(1e-20);
  });

  it('finds a line between two images everywhere, however steep', () => {
    const n = size[0] * size[1] * size[2];
    const [fixed, known] = [noise(n, 100), new Uint8Array(n).fill(1)];
    const like = (moving: Float64Array) =>
      localCorrelation(fixed, known, size, [2, 2, 1])(moving).value;
    const steep = like(fixed.map((v) => 300 - 4 * v));
    expect(steep).toBeCloseTo(like(fixed), 6);
    expect(steep).toBeGreaterThan(20 * like(noise(2 * n).slice(n)));
  });

  it('finds the minimum of Rosenbrock', () => {
    const rosenbrock = (x: Float64Array, gradient: Float64Array) => {
      const [a, b] = x as unknown as [number, number];
      gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
      gradient[1] = 200 * (b - a * a);
      return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
    };
    const options = { iterations: 200, longestStep: 1, leastGain: 1e-14 };
    const [a, b] = minimise(rosenbrock, Float64Array.of(-1.2, 1), options) as unknown as number[];
    expect(a).toBeCloseTo(1, 5);
    expect(b).toBeCloseTo(1, 5);
  });
});

describe('the refinement in the liver', () => {
  const liver = imageOf((x, y, z) =>
    ((x - 18) / 24) ** 2 + ((y - 29) / 22) ** 2 + ((z - 27) / 17) ** 2 < 1 ? 1 : 0,
  );
  /** Where tissue of the fixed image lies in the moving one. */
  const shift = (x: number, y: number, z: number): Vector3 => [
    4 + Math.sin(y / 25),
    -3 + Math.cos(x / 30),
    2 * Math.sin((x + z) / 40),
  ];
  // The moving image is tissue; the fixed one shows at x what the moving one shows at x + shift(x), in other values.
  const moving = imageOf(tissue);
  const fixed = imageOf((x, y, z) => {
    const [dx, dy, dz] = shift(x, y, z);
    return 100 - 0.7 * tissue(x + dx, y + dy, z + dz);
  });
  const before = { stages: [] };

  it('knows how the likeness changes with each coefficient', () => {
    const cost = unlikeness({ fixed, moving, liver }, before, control);
    const c = noise(control.coefficients.length, 4);
    const gradient = new Float64Array(c.length);
    // The first evaluation sets the floor of the variances.
    cost(c, gradient);
    const at = [...gradient.keys()].filter((i) => Math.abs(gradient[i] as number) > 1e-4);
    const some = at.filter((_, i) => i % 7 === 0);
    expect(some.length).toBeGreaterThan(5);
    expectClose(
      some.map((i) => gradient[i] as number),
      differences((x) => cost(x, new Float64Array(c.length)), c, some, 1e-4),
    );
  });

  it('halves the error of a start that did not move, without folding', () => {
    const { stages } = refineInLiver({
      ...{ fixed, moving, liver },
      transform: { stages: [control] },
    });
    const [stage] = stages;
    if (stage?.kind !== 'spline') throw new Error('no spline');
    // The mean with a start of zero is half of what was found.
    const move = splineDisplacement({
      ...stage,
      coefficients: stage.coefficients.map((v) => 2 * v),
    });
    for (const at of [
      [18, 29, 27],
      [10, 25, 22],
      [26, 36, 32],
      [20, 18, 27],
    ] as Vector3[]) {
      const wanted = shift(...at);
      const point = Float64Array.from(at);
      move(point);
      const off = wanted.map((v, i) => (at[i] as number) + v - (point[i] as number));
      expect(Math.hypot(...off)).toBeLessThan(0.2 * Math.hypot(...wanted));
      expect(jacobianDeterminant(pointMap({ stages }), at)).toBeGreaterThan(0.5);
    }
  });

  it('leaves a transform as it is where the liver is even, empty or not in the moving image', () => {
    const transform = { stages: [{ ...control, coefficients: control.coefficients.map(() => 2) }] };
    const kept = (images: object) =>
      refineInLiver({ fixed, moving, liver, transform, ...images }) === transform;
    expect(kept({})).toBe(false);
    expect(kept({ fixed: imageOf(() => 100) })).toBe(true);
    expect(kept({ liver: imageOf(() => 0) })).toBe(true);
    expect(kept({ moving: { ...moving, origin: [900, 0, 0] } })).toBe(true);
  });

  it('leaves a transform without a spline as it is, and gives the same bits twice', () => {
    expect(refineInLiver({ fixed, moving, liver, transform: before })).toBe(before);
    const again = () =>
      refineInLiver({ fixed, moving, liver, transform: { stages: [control] } }).stages;
    expect(again()).toEqual(again());
  });
});

describe('where the refinement is used', () => {
  const fixed = abdomen();
  const moving = { ...fixed, data: fixed.data.map((v, i) => v + (i % 3)) };
  const liver = boxMask([6, 6, 1], [34, 32, 7]);
  const hasty = { linearResolutions: 1, linearIterations: 5, resolutions: 1, iterations: 5 };

  it('needs a liver mask, and can be left out', async () => {
    const found = async (input: object, settings: object) =>
      (await registerVolumes({ fixed, moving, settings: { ...hasty, ...settings }, ...input }))
        .transform;
    const plain = await found({ liver }, { refine: false });
    expect(await found({ liver }, {})).not.toEqual(plain);
    // The same region, but no mask of the liver.
    expect(await found({ lesions: [liver] }, { lesionMargin: 5 })).toEqual(plain);
  }, 30_000);

  it('makes the stored transform depend on the mask, not only on its box', () => {
    const key = (mask: typeof liver) =>
      transformKey(fixed, moving, mask, box, 'bspline', resolveRegistration(), 'CT');
    const box = { low: [0, 0, 0] as Vector3, high: fixed.size };
    const hole = { ...liver, data: liver.data.slice() };
    hole.data[hole.data.indexOf(1)] = 0;
    expect(key(hole)).not.toBe(key(liver));
    expect(key({ ...liver, data: liver.data.slice() })).toBe(key(liver));
  });
});
