import { FlcError } from '@flc-native/errors';

export type Vector3 = readonly [x: number, y: number, z: number];

/** A 3 x 3 matrix, row major. */
export type Matrix3 = readonly [
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

/**
 * Where voxels lie, as in ITK: `size` in voxels, `spacing` and `origin` in mm, LPS world, voxel
 * centres. Column c of `direction` is the unit vector along voxel axis c.
 */
export interface Grid {
  readonly size: Vector3;
  readonly spacing: Vector3;
  readonly origin: Vector3;
  readonly direction: Matrix3;
  /** DICOM's UID: positions of two frames cannot be compared. Undefined where the format has none. */
  readonly frameOfReference?: string | undefined;
}

export interface VoxelArrays {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  float32: Float32Array;
  float64: Float64Array;
}
export type VoxelDtype = keyof VoxelArrays;
export type VoxelData = VoxelArrays[VoxelDtype];

/** A 3D image with its geometry; x runs fastest in `data`. Values are rescaled (HU for CT). */
export interface Volume extends Grid {
  readonly dtype: VoxelDtype;
  readonly data: VoxelData;
}

export const voxelArrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies { readonly [D in VoxelDtype]: unknown };

export const identityDirection: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Number of voxels of a size. */
export function voxelCount(size: Vector3): number {
  return size[0] * size[1] * size[2];
}

/** Name of the element type of an array; undefined for one that volumes do not hold. */
export function dtypeOf(data: unknown): VoxelDtype | undefined {
  for (const [name, array] of Object.entries(voxelArrays)) {
    if (data instanceof array) return name as VoxelDtype;
  }
  return undefined;
}

/** The grid of a volume, without its voxels. */
export function gridOf({ size, spacing, origin, direction, frameOfReference }: Grid): Grid {
  const frame = frameOfReference === undefined ? {} : { frameOfReference };
  return { size, spacing, origin, direction, ...frame };
}

/** Builds a volume and checks its invariants; DATA_ERROR names the one that is broken. */
export function makeVolume(grid: Grid, data: VoxelData): Volume {
  const dtype = dtypeOf(data);
  if (dtype === undefined) throw broken('voxels are of an unsupported type', {});
  if (!grid.size.every((n) => Number.isInteger(n) && n > 0)) {
    throw broken('the size is not positive', { got: grid.size });
  }
  if (data.length !== voxelCount(grid.size)) {
    throw broken('data do not fit the size', { expected: voxelCount(grid.size), got: data.length });
  }
  if (!grid.spacing.every((n) => Number.isFinite(n) && n > 0)) {
    throw broken('the spacing is not positive', { got: grid.spacing });
  }
  if (![...grid.origin, ...grid.direction].every(Number.isFinite)) {
    throw broken('origin or direction is not finite', {});
  }
  return { ...gridOf(grid), dtype, data };
}

/**
 * Checks a volume that somebody else made. DATA_ERROR where it is none, or its voxels do not fit its size: what lies
 * beyond the voxels would else be read as part of a mask, or as water.
 */
export function requireVolume(volume: Volume, name: string): void {
  const { data, size, spacing, origin, direction } = (volume ?? {}) as Partial<Volume>;
  if (data === undefined || ![size, spacing, origin].every(isVector) || direction?.length !== 9) {
    throw broken(`${name} has no voxels, size, spacing, origin or direction`, {});
  }
  try {
    makeVolume(volume, data);
  } catch (cause) {
    const { message, details } = cause as FlcError;
    throw new FlcError('DATA_ERROR', `${name}: ${message}`, { details, cause });
  }
}

function isVector(value: readonly number[] | undefined): boolean {
  return value?.length === 3;
}

function broken(reason: string, details: Record<string, unknown>): FlcError {
  return new FlcError('DATA_ERROR', `not a valid volume: ${reason}`, { details });
}
