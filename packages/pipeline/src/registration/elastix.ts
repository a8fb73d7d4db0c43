/** The only file that knows @itk-wasm/elastix. It is loaded when the first pair is registered. */
import { FlcError } from '@flc-native/errors';
import { listenToErrors } from '../itk/listen-to-errors.js';
import type { Matrix3, Vector3 } from '../volume/volume.js';
import type { MetricImage } from './metric-image.js';
import type { ParameterMap } from './parameter-maps.js';
import type { LinearStage, SpatialTransform, SplineStage } from './spatial-transform.js';

/**
 * Finds the transform from the fixed to the moving image, starting where the images are. Inputs must have been
 * checked: elastix throws bare numbers for many of its errors. DATA_ERROR with what elastix said.
 */
export async function runElastix(
  maps: readonly ParameterMap[],
  fixed: MetricImage,
  moving: MetricImage,
): Promise<SpatialTransform> {
  const { elastixNode } = await import('@itk-wasm/elastix');
  const listener = listenToErrors();
  try {
    const { transform } = await elastixNode(maps as never, {
      fixed: itkImage(fixed) as never,
      moving: itkImage(moving) as never,
    });
    if (transform === undefined) throw new Error('no transform was returned');
    return fromItk(transform as unknown as ItkTransform[]);
  } catch (cause) {
    if (cause instanceof FlcError) throw cause;
    throw new FlcError('DATA_ERROR', 'elastix found no transform between the two phases', {
      details: { elastix: listener.reason(cause) },
      remedy:
        'look whether both phases show the liver in the same place (check --sheet); where they do not, leave the phase out or use --align none',
      // A wasm exception is a number, which says nothing to anybody.
      ...(cause instanceof Error ? { cause } : {}),
    });
  } finally {
    listener.stop();
  }
}

function itkImage({ size, spacing, origin, direction, data }: MetricImage) {
  return {
    imageType: { dimension: 3, componentType: 'float32', pixelType: 'Scalar', components: 1 },
    name: 'image',
    origin: [...origin],
    spacing: [...spacing],
    direction: Float64Array.from(direction),
    size: [...size],
    data,
    metadata: new Map(),
  };
}

interface ItkTransform {
  readonly transformType: { readonly transformParameterization: string };
  readonly parameters: Float64Array;
  readonly fixedParameters: Float64Array;
}

/** ITK lists a composite first, then its parts; the part that is applied first comes last. */
function fromItk(list: readonly ItkTransform[]): SpatialTransform {
  const parts = list.filter(
    ({ transformType }) => transformType.transformParameterization !== 'Composite',
  );
  return { stages: parts.map(stageOf).reverse() };
}

function stageOf({ transformType, parameters, fixedParameters }: ItkTransform) {
  const [p, f] = [Array.from(parameters), Array.from(fixedParameters)];
  if (![...p, ...f].every(Number.isFinite)) throw new Error('the transform is not finite');
  switch (transformType.transformParameterization) {
    case 'Euler3D':
      return eulerStage(p, f);
    case 'Affine':
      return linear(p.slice(0, 9), p.slice(9, 12), f);
    case 'BSpline':
      return splineStage(p, f);
    default:
      throw new Error(`unknown transform ${transformType.transformParameterization}`);
  }
}

/** itk::Euler3DTransform: angles about x, y and z in radians, R = Rz Rx Ry, or Rz Ry Rx if fixed[3] is not 0. */
function eulerStage(parameters: readonly number[], fixed: readonly number[]): LinearStage {
  const [ax, ay, az] = parameters as [number, number, number];
  const [cx, sx, cy, sy, cz, sz] = [ax, ay, az].flatMap((a) => [Math.cos(a), Math.sin(a)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const rx = [1, 0, 0, 0, cx, -sx, 0, sx, cx];
  const ry = [cy, 0, sy, 0, 1, 0, -sy, 0, cy];
  const rz = [cz, -sz, 0, sz, cz, 0, 0, 0, 1];
  const zyx = (fixed[3] ?? 0) !== 0;
  const matrix = product(rz, zyx ? product(ry, rx) : product(rx, ry));
  return linear(matrix, parameters.slice(3, 6), fixed);
}

function linear(
  matrix: readonly number[],
  translation: readonly number[],
  fixed: readonly number[],
): LinearStage {
  return { kind: 'linear', matrix, translation, centre: fixed.slice(0, 3) };
}

/** itk::BSplineTransform: fixed parameters are size, origin, spacing and direction of the control grid. */
function splineStage(parameters: readonly number[], fixed: readonly number[]): SplineStage {
  return {
    kind: 'spline',
    size: fixed.slice(0, 3) as unknown as Vector3,
    origin: fixed.slice(3, 6) as unknown as Vector3,
    spacing: fixed.slice(6, 9) as unknown as Vector3,
    direction: fixed.slice(9, 18) as unknown as Matrix3,
    coefficients: parameters,
  };
}

function product(a: readonly number[], b: readonly number[]): number[] {
  return [0, 1, 2].flatMap((row) =>
    [0, 1, 2].map((column) =>
      [0, 1, 2].reduce(
        (sum, k) => sum + (a[row * 3 + k] as number) * (b[k * 3 + column] as number),
        0,
      ),
    ),
  );
}
