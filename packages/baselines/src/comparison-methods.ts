import type { ComparisonMethod } from './comparison-method.js';
import type { DefinedMethod } from './core/define-method.js';
import { xu2016 } from './methods/xu-2016.js';

/** With their loaders; private to this package. */
export const definedMethods: readonly DefinedMethod[] = [xu2016];

/** The classic methods in the order of Table 2. */
export const comparisonMethods: readonly ComparisonMethod[] = definedMethods;
