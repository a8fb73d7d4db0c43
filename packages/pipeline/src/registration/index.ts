export { type ApplyTransformInput, applyTransform } from './apply-transform.js';
export { type CarriedPhase, carryPhase, type PhasePair } from './carry-phase.js';
export { formatGreyPng } from './grey-png.js';
export { inverseTransformPoint } from './inverse.js';
export type { RegistrationQuality } from './quality.js';
export { type RegisterOptions, type RegisterReport, registerDataset } from './register-dataset.js';
export { registerLesion } from './register-lesion.js';
export type { PhaseRecord } from './register-phase.js';
export {
  type RegisterVolumesInput,
  type RegistrationResult,
  registerVolumes,
} from './register-volumes.js';
export {
  type RegistrationInput,
  type RegistrationMethod,
  type RegistrationSettings,
  registrationMethods,
  resolveRegistration,
} from './registration-settings.js';
export { identityTransform, type SpatialTransform, transformPoint } from './spatial-transform.js';
