import { transformixNode } from '@itk-wasm/elastix';
import { describe, expect, it } from 'vitest';
import {
  applyTransform,
  identityDirection,
  inverseTransformPoint,
  makeVolume,
  type SpatialTransform,
  transformPoint,
  type Vector3,
} from '../src/index.js';
import { dice } from '../src/registration/compare-phases.js';
import { jacobianDeterminant } from '../src/registration/deformation-facts.js';
import { similarity } from '../src/registration/mutual-information.js';
import { pointMap } from '../src/registration/spatial-transform.js';
import { volumeOf } from './cohort.js';

const centre = [3, -2, 5];

/** A shear with scaling, then a spline on an oblique control grid. */
const spline = {
  kind: 'spline' as const,
  size: [6, 7, 5] as Vector3,
  origin: [-9.6, -100, -47] as Vector3,
  spacing: [30, 28, 31] as Vector3,
  direction: [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1] as const,
  coefficients: Array.from({ length: 3 * 6 * 7 * 5 }, (_, i) => 4 * Math.sin(12.9898 * i)),
};
const linear = {
  kind: 'linear' as const,
  matrix: [1.05, 0.1, 0, -0.08, 0.97, 0.02, 0.01, 0, 1.02],
  translation: [2, -3, 4],
  centre,
};
const transform: SpatialTransform = { stages: [linear, spline] };

/** elastix' own words for the two stages, as transformix takes them. */
function transformixMaps(size: Vector3, spacing: Vector3, origin: Vector3) {
  const text = (values: readonly number[]) => values.map((v) => String(v));
  const output = {
    FixedImageDimension: ['3'],
    MovingImageDimension: ['3'],
    FixedInternalImagePixelType: ['float'],
    MovingInternalImagePixelType: ['float'],
    HowToCombineTransforms: ['Compose'],
    Resampler: ['DefaultResampler'],
    ResampleInterpolator: ['FinalLinearInterpolator'],
    ResultImageFormat: ['nii'],
    ResultImagePixelType: ['float'],
    CompressResultImage: ['false'],
    DefaultPixelValue: ['-9999'],
    Size: text(size),
    Spacing: text(spacing),
    Origin: text(origin),
    Index: ['0', '0', '0'],
    Direction: text(identityDirection),
    UseDirectionCosines: ['true'],
  };
  return [
    {
      ...output,
      Transform: ['AffineTransform'],
      NumberOfParameters: ['12'],
      InitialTransformParameterFileName: ['NoInitialTransform'],
      CenterOfRotationPoint: text(linear.centre),
      TransformParameters: text([...linear.matrix, ...linear.translation]),
    },
    {
      ...output,
      Transform: ['BSplineTransform'],
      BSplineTransformSplineOrder: ['3'],
      UseCyclicTransform: ['false'],
      InitialTransformParameterFileName: [''],
      NumberOfParameters: [String(spline.coefficients.length)],
      GridSize: text(spline.size),
      GridOrigin: text(spline.origin),
      GridSpacing: text(spline.spacing),
      // elastix lists directions column by column.
      GridDirection: text(
        [0, 1, 2].flatMap((c) => [0, 1, 2].map((r) => spline.direction[r * 3 + c] as number)),
      ),
      GridIndex: ['0', '0', '0'],
      TransformParameters: text(spline.coefficients),
    },
  ];
}

describe('a spatial transform', () => {
  it('moves points as transformix does', async () => {
    // transformix warps three images that hold their own x, y and z in mm.
    const size: Vector3 = [4, 4, 3];
    const spacing: Vector3 = [12, 11, 13];
    const origin: Vector3 = [-20, -4, 2];
    const found: number[][] = [];
    for (const axis of [0, 1, 2]) {
      const data = Float32Array.from({ length: 64 }, (_, i) => {
        const index = [i % 4, Math.floor(i / 4) % 4, Math.floor(i / 16)];
        return -500 + 400 * (index[axis] as number);
      });
      const { result } = await transformixNode(
        {
          imageType: {
            dimension: 3,
            componentType: 'float32',
            pixelType: 'Scalar',
            components: 1,
          },
          name: 'coordinates',
          origin: [-500, -500, -500],
          spacing: [400, 400, 400],
          direction: Float64Array.from(identityDirection),
          size: [4, 4, 4],
          data,
          metadata: new Map(),
        } as never,
        transformixMaps(size, spacing, origin) as never,
      );
      found.push(Array.from(result.data as Float32Array));
    }
    for (let i = 0; i < 48; i += 1) {
      const index = [i % 4, Math.floor(i / 4) % 4, Math.floor(i / 16)];
      const point = index.map(
        (v, axis) => (origin[axis] as number) + v * (spacing[axis] as number),
      ) as unknown as Vector3;
      const moved = transformPoint(transform, point);
      for (const axis of [0, 1, 2] as const) {
        // float32 of coordinates of hundreds of mm.
        expect(moved[axis]).toBeCloseTo(found[axis]?.[i] as number, 3);
      }
    }
  });

  it('is undone by its inverse', () => {
    for (const point of [
      [0, 0, 0],
      [25, -31, 12],
      [-300, 400, 90],
    ] as Vector3[]) {
      const back = inverseTransformPoint(transform, transformPoint(transform, point));
      for (const axis of [0, 1, 2] as const) expect(back[axis]).toBeCloseTo(point[axis], 3);
    }
  });

  it('refuses to invert where it folds', () => {
    const folding: SpatialTransform = {
      stages: [
        {
          kind: 'linear',
          matrix: [-2, 0, 0, 0, 1, 0, 0, 0, 1],
          translation: [0, 0, 0],
          centre: [0, 0, 0],
        },
      ],
    };
    expect(() => inverseTransformPoint(folding, [10, 0, 0])).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });

  it('goes on smoothly beyond its control points', () => {
    const step = 0.01;
    for (let x = 40; x < 140; x += 0.5) {
      const [a, b] = [x, x + step].map((at) => transformPoint(transform, [at, 10, 5]));
      const jump = Math.hypot(
        ...[0, 1, 2].map((i) => (b as Vector3)[i as 0] - (a as Vector3)[i as 0]),
      );
      expect(jump).toBeLessThan(5 * step);
    }
  });

  it('has the Jacobian determinant of its matrix where it is linear', () => {
    const [a, b, c, d, e, f, g, h, i] = linear.matrix as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    const map = pointMap({ stages: [linear] });
    expect(jacobianDeterminant(map, [17, 3, -8])).toBeCloseTo(determinant, 9);
  });
});

describe('applying a transform', () => {
  const moving = volumeOf((x, y, z) => 10 * x + 3 * y - 7 * z);
  const shift = (translation: readonly number[]): SpatialTransform => ({
    stages: [{ kind: 'linear', matrix: [...identityDirection], translation, centre: [0, 0, 0] }],
  });

  it('pulls values from where the transform points, with air outside', () => {
    // Spacing 0.75, 0.75, 5 mm: two pixels to the left, one slice up.
    const moved = applyTransform({
      moving,
      transform: shift([1.5, 0, 5]),
      onto: moving,
      interpolation: 'linear',
      fill: -1024,
    });
    const [nx, ny, nz] = moving.size;
    for (let i = 0; i < moving.data.length; i += 1) {
      const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))] as const;
      const inside = x + 2 < nx && z + 1 < nz;
      expect(moved.data[i]).toBe(inside ? 10 * (x + 2) + 3 * y - 7 * (z + 1) : -1024);
    }
    expect(moved.dtype).toBe('int16');
  });

  it('reproduces a ramp between voxels under a bent transform', () => {
    const ramp = volumeOf((x, y, z) => 10 * x + 3 * y - 7 * z, Float32Array, {
      spacing: [2, 2, 5],
      origin: [-40, -36, -20],
    });
    const grid = { ...ramp, size: [20, 18, 4] as Vector3, origin: [-20, -18, -8] as Vector3 };
    const moved = applyTransform({
      moving: ramp,
      transform,
      onto: grid,
      interpolation: 'linear',
      fill: Number.NaN,
    });
    let compared = 0;
    for (let i = 0; i < moved.data.length; i += 1) {
      const value = moved.data[i] as number;
      if (Number.isNaN(value)) continue;
      const index = [i % 20, Math.floor(i / 20) % 18, Math.floor(i / 360)];
      const point = index.map(
        (v, a) => (grid.origin[a] as number) + v * (grid.spacing[a] as number),
      );
      const [x, y, z] = transformPoint(transform, point as unknown as Vector3);
      const expected = (10 * (x + 40)) / 2 + (3 * (y + 36)) / 2 - (7 * (z + 20)) / 5;
      // Beyond the outer centres the edge value counts.
      const inside = x >= -40 && x <= 38 && y >= -36 && y <= 34 && z >= -20 && z <= 15;
      if (!inside) continue;
      expect(value).toBeCloseTo(expected, 2);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(300);
  });

  it('keeps the labels of a mask', () => {
    const mask = volumeOf((x) => (x < 10 ? 0 : x < 20 ? 3 : 7), Uint8Array);
    const moved = applyTransform({
      moving: mask,
      transform: shift([0.3, 0.2, 1]),
      onto: mask,
      interpolation: 'nearest',
      fill: 0,
    });
    expect([...new Set(moved.data)].sort()).toEqual([0, 3, 7]);
    expect(dice(mask, moved, 3)).toBe(1);
  });
});

describe('measures of likeness', () => {
  it('mutual information follows its definition', () => {
    // Eight pairs: (0,0) x 3, (0,1) x 1, (1,0) x 1, (1,1) x 3.
    const a = Float32Array.from([0, 0, 0, 0, 1, 1, 1, 1]);
    const b = Float32Array.from([0, 0, 0, 1, 0, 1, 1, 1]);
    const found = similarity(a, b, [0, 1], [0, 1]);
    const information = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
    expect(found.mutualInformation).toBeCloseTo(information, 12);
    const joint = 2 * Math.log(2) - information;
    expect(found.normalised).toBeCloseTo((2 * Math.log(2)) / joint, 12);
    expect(similarity(a, a, [0, 1], [0, 1]).normalised).toBeCloseTo(2, 12);
  });

  it('Dice counts one label', () => {
    const a = volumeOf((x) => (x < 20 ? 1 : 2), Uint8Array);
    const b = volumeOf((x) => (x < 10 ? 1 : 2), Uint8Array);
    expect(dice(a, b, 1)).toBeCloseTo(20 / 30, 12);
    expect(dice(a, b, undefined)).toBe(1);
    const empty = makeVolume(a, new Uint8Array(a.data.length));
    expect(dice(empty, empty, 1)).toBeUndefined();
  });
});
