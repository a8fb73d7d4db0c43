export {
  type AssignOptions,
  assignPhases,
  type PhaseCandidate,
  type PhaseDecision,
} from './assign-phases.js';
export {
  type OrganHu,
  type OrganMask,
  type OrganMasks,
  organHu,
  totalSegmentatorOrgans,
} from './organ-hu.js';
export { type PhaseFacts, phaseByRule, type RuleGuess } from './phase-by-rule.js';
export { phaseFromImage } from './phase-from-image.js';
export { phaseFromOrgans, phaseLimits } from './phase-from-organs.js';
export { type ContrastPhase, contrastPhases, type PhaseGuess } from './phase-guess.js';
