export { type CasePlan, type PhantomCounts, paperCohort, planCohort } from './cohort-plan.js';
export {
  type Deformation,
  deformationField,
  displacementAt,
  placeInPhase,
} from './deformation.js';
export {
  type CaseEnhancement,
  drawEnhancement,
  type Enhancement,
  lesionDeviations,
  liverDeviations,
  liverMeans,
  type PhantomClass,
  type PhantomPhase,
  phantomClasses,
  phantomPhases,
  typicalMeans,
} from './enhancement.js';
export { generatePhantom, type PhantomOptions, type PhantomProgress } from './generate-phantom.js';
export { drawLesionTexture } from './lesion-pattern.js';
export { drawDiameter, drawLesionShape, type LesionShape } from './lesion-shape.js';
export { blendLesion, type Lesion, type LesionTissue, lesionTissue } from './lesion-tissue.js';
export { type OracleResult, oracleAccuracy, oracleProbabilities } from './oracle.js';
export { drawCase, type RenderedCase, type RenderOptions, renderCase } from './render-case.js';
export { type CaseTruth, type PhantomTruth, readTruth } from './truth.js';
