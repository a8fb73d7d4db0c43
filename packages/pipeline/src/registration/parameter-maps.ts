import type { RegistrationMethod, RegistrationSettings } from './registration-settings.js';

/** An elastix parameter map: every value is a list of texts. Keys as in the elastix manual. */
export type ParameterMap = Readonly<Record<string, readonly string[]>>;

/** The stages of a method, each starting from what the one before found. */
export function parameterMaps(
  method: RegistrationMethod,
  settings: RegistrationSettings,
): ParameterMap[] {
  const rigid = linearStage('EulerTransform', settings);
  const affine = linearStage('AffineTransform', settings);
  if (method === 'rigid') return [rigid];
  if (method === 'affine') return [rigid, affine];
  return [rigid, affine, splineStage(settings)];
}

function linearStage(transform: string, settings: RegistrationSettings): ParameterMap {
  return texts({
    ...shared(settings),
    Transform: transform,
    AutomaticScalesEstimation: true,
    NumberOfResolutions: settings.linearResolutions,
    MaximumNumberOfIterations: settings.linearIterations,
  });
}

function splineStage(settings: RegistrationSettings): ParameterMap {
  const { resolutions } = settings;
  // From coarse to the wanted spacing, by the factor of elastix' own default schedule.
  const schedule = Array.from({ length: resolutions }, (_, i) => 1.41 ** (resolutions - 1 - i));
  return {
    ...texts({
      ...shared(settings),
      Transform: 'BSplineTransform',
      NumberOfResolutions: resolutions,
      MaximumNumberOfIterations: settings.iterations,
      FinalGridSpacingInPhysicalUnits: settings.gridSpacing,
    }),
    GridSpacingSchedule: schedule.map((factor) => factor.toFixed(6)),
  };
}

function shared({ samples, seed }: RegistrationSettings) {
  return {
    Registration: 'MultiResolutionRegistration',
    Metric: 'AdvancedMattesMutualInformation',
    Optimizer: 'AdaptiveStochasticGradientDescent',
    AutomaticParameterEstimation: true,
    // Both images lie in one frame. Its default compares the middles of the two crops, and a crop that
    // is cut off on one side would be read as motion.
    AutomaticTransformInitialization: false,
    HowToCombineTransforms: 'Compose',
    ImageSampler: 'RandomCoordinate',
    NewSamplesEveryIteration: true,
    NumberOfSpatialSamples: samples,
    NumberOfSamplesForExactGradient: 4096,
    CheckNumberOfSamples: true,
    MaximumNumberOfSamplingAttempts: 8,
    RandomSeed: seed,
    // Smoothing without fewer voxels: 5 mm slices bear no halving.
    FixedImagePyramid: 'FixedSmoothingImagePyramid',
    MovingImagePyramid: 'MovingSmoothingImagePyramid',
    Interpolator: 'LinearInterpolator',
    ResampleInterpolator: 'FinalLinearInterpolator',
    Resampler: 'DefaultResampler',
    // elastix fills with 0 otherwise, which is water.
    DefaultPixelValue: -1024,
    WriteIterationInfo: false,
    WriteResultImage: true,
    ResultImageFormat: 'nii',
  };
}

function texts(values: Readonly<Record<string, string | number | boolean>>): ParameterMap {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [String(value)]]));
}
