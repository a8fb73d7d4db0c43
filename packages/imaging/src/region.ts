import { FlcError } from '@flc-native/errors';
import type { Size } from './size.js';

/** A box of voxels inside a volume. */
export interface Region {
  readonly offset: readonly [x: number, y: number, z: number];
  readonly size: Size;
}

type Values = Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array | Uint16Array;

/**
 * The values of a region as an array of their own, x fastest. A random walk on a region costs as much as the region.
 *
 * @throws FlcError DATA_ERROR (wrong length), INVALID_CONFIG (region outside of the volume)
 */
export function cropRegion<T extends Values>(data: T, size: Size, region: Region): T {
  const [sx, sy, sz] = region.size;
  const out = new (data.constructor as new (length: number) => T)(sx * sy * sz);
  forEachRow(data.length, size, region, (inVolume, inRegion) => {
    out.set(data.subarray(inVolume, inVolume + sx) as T & number[], inRegion);
  });
  return out;
}

/** Writes the values of a region back into its volume, in place. Errors as {@link cropRegion}. */
export function pasteRegion<T extends Values>(
  into: T,
  size: Size,
  region: Region,
  values: T,
): void {
  const [sx, sy, sz] = region.size;
  checkLength('values', values.length, sx * sy * sz);
  forEachRow(into.length, size, region, (inVolume, inRegion) => {
    into.set(values.subarray(inRegion, inRegion + sx) as T & number[], inVolume);
  });
}

function forEachRow(
  length: number,
  [nx, ny, nz]: Size,
  { offset, size }: Region,
  visit: (inVolume: number, inRegion: number) => void,
): void {
  checkLength('data', length, nx * ny * nz);
  const whole = [nx, ny, nz];
  const inside = size.every((n, axis) => {
    const from = offset[axis] as number;
    const fits = Number.isInteger(n) && n >= 1 && Number.isInteger(from) && from >= 0;
    return fits && from + n <= (whole[axis] as number);
  });
  if (!inside) {
    throw new FlcError('INVALID_CONFIG', 'the region does not lie in the volume', {
      details: { what: 'region', expected: whole, got: { offset, size } },
    });
  }
  let inRegion = 0;
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      visit(((offset[2] + z) * ny + offset[1] + y) * nx + offset[0], inRegion);
      inRegion += size[0];
    }
  }
}

function checkLength(what: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new FlcError(
    'DATA_ERROR',
    `${what} holds ${got} values, but the size asks for ${expected}`,
    {
      details: { what, expected, got },
    },
  );
}
