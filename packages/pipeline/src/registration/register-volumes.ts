import { FlcError } from '@flc-native/errors';
import { requireFinite } from '../prepare/intensity.js';
import { requireVolume, type Volume } from '../volume/volume.js';
import { runElastix } from './elastix.js';
import { type MetricImage, metricImage, valueRange } from './metric-image.js';
import { parameterMaps } from './parameter-maps.js';
import { refineInLiver } from './refine-in-liver.js';
import {
  boxOfMasks,
  boxOnOtherGrid,
  boxVolume,
  grownBox,
  type VoxelBox,
  wholeBox,
} from './region.js';
import {
  type RegistrationInput,
  type RegistrationMethod,
  type RegistrationSettings,
  resolveRegistration,
} from './registration-settings.js';
import type { SpatialTransform } from './spatial-transform.js';

/** Room for motion round the region in the moving image, mm. */
const movingMargin = 15;
/** Least part of the region that the moving image must cover. */
const leastOverlap = 0.25;
/** Fewest voxels of a region along x, y and z. */
const leastSize = [16, 16, 4] as const;

export interface RegisterVolumesInput {
  /** The phase onto which the other is moved. */
  readonly fixed: Volume;
  readonly moving: Volume;
  /** Masks on the fixed grid: the region is the liver, else the lesions, else everything. */
  readonly liver?: Volume | undefined;
  readonly lesions?: readonly Volume[] | undefined;
  readonly method?: RegistrationMethod | undefined;
  readonly settings?: RegistrationInput | undefined;
  /** CT values are clamped for the comparison; default CT. */
  readonly modality?: 'CT' | 'MR' | undefined;
}

export interface RegistrationResult {
  /** From points of the fixed to points of the moving image. */
  readonly transform: SpatialTransform;
  /** Voxels of the fixed image that were compared. */
  readonly region: VoxelBox;
  readonly seconds: number;
}

/**
 * Finds how a phase must be deformed to lie on another, by mutual information within the region of the liver and, where
 * there is a liver mask, also by local correlation in the liver itself. The same input gives the same bits.
 *
 * @throws FlcError DATA_ERROR or GEOMETRY_MISMATCH where the pair cannot be registered
 */
export async function registerVolumes(input: RegisterVolumesInput): Promise<RegistrationResult> {
  const started = performance.now();
  const { fixed, method = 'bspline' } = input;
  const settings = resolveRegistration(input.settings);
  requireVolume(fixed, 'fixed image');
  requireVolume(input.moving, 'moving image');
  if (input.liver !== undefined) requireVolume(input.liver, 'liver mask');
  const region = registrationRegion(fixed, input.liver, input.lesions ?? [], settings);
  const images = metricImages(input, region, settings);
  const found = await runElastix(parameterMaps(method, settings), images.fixed, images.moving);
  const liver = settings.refine ? partOfMask(input.liver, region, settings) : undefined;
  // Within the liver no fat has to be cut off, and clamping would bend the relation of the two phases.
  const full = () => metricImages(input, region, { ...settings, clamp: null });
  const transform =
    liver === undefined ? found : refineInLiver({ ...full(), liver, transform: found });
  return { transform, region, seconds: (performance.now() - started) / 1000 };
}

/** The part of the fixed image that is compared. */
export function registrationRegion(
  fixed: Volume,
  liver: Volume | undefined,
  lesions: readonly Volume[],
  settings: RegistrationSettings,
): VoxelBox {
  const liverBox = liver === undefined ? undefined : boxOfMasks([liver]);
  if (liverBox !== undefined) return grownBox(liverBox, fixed, settings.margin);
  const lesionBox = boxOfMasks(lesions);
  if (lesionBox !== undefined) return grownBox(lesionBox, fixed, settings.lesionMargin);
  return wholeBox(fixed);
}

/** Both images cut to the region and clamped; checked, since elastix answers bad input with a bare number. */
function metricImages(
  { fixed, moving, modality = 'CT' }: RegisterVolumesInput,
  region: VoxelBox,
  settings: RegistrationSettings,
): { fixed: MetricImage; moving: MetricImage } {
  requireFinite(fixed);
  requireFinite(moving);
  const exact = requireCovered(fixed, moving, region);
  const clamp = modality === 'CT' ? settings.clamp : null;
  const cut = (volume: Volume, box: VoxelBox) =>
    metricImage(volume, box, clamp, settings.metricSpacing);
  const images = {
    fixed: cut(fixed, region),
    moving: cut(moving, grownBox(exact, moving, movingMargin)),
  };
  for (const [name, image] of Object.entries(images)) requireContent(name, image);
  return images;
}

/** The region in the moving image. GEOMETRY_MISMATCH where most of it lies outside. */
export function requireCovered(fixed: Volume, moving: Volume, region: VoxelBox): VoxelBox {
  const exact = boxOnOtherGrid(region, fixed, moving);
  const covered = boxVolume(exact, moving) / boxVolume(region, fixed);
  if (covered >= leastOverlap) return exact;
  throw new FlcError('GEOMETRY_MISMATCH', 'the phase hardly covers the region of the liver', {
    details: { covered: Math.round(covered * 100) / 100, least: leastOverlap },
    remedy:
      'check origin and direction in the header of both phases; another frame of reference cannot be registered',
  });
}

/** How much of each compared voxel a mask fills, 0 to 1; undefined where there is none. */
function partOfMask(
  mask: Volume | undefined,
  region: VoxelBox,
  { metricSpacing }: RegistrationSettings,
): MetricImage | undefined {
  if (mask === undefined || boxOfMasks([mask]) === undefined) return undefined;
  return metricImage(mask, region, [0, 1], metricSpacing);
}

function requireContent(name: string, image: MetricImage): void {
  if (image.size.some((n, axis) => n < (leastSize[axis] as number))) {
    throw new FlcError('DATA_ERROR', `the ${name} phase is too small to be registered`, {
      details: { size: image.size, least: leastSize },
      remedy: 'give a phase with more slices or pixels, or use --align none or centroid',
    });
  }
  const [lowest, highest] = valueRange(image);
  if (highest > lowest) return;
  throw new FlcError('DATA_ERROR', `the ${name} phase shows a single value in the region`, {
    details: { got: lowest },
    remedy: 'check the image and, in CT, the clamp under "registration" in dataset.yaml',
  });
}
