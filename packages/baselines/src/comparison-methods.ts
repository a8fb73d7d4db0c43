import type { ComparisonMethod } from './comparison-method.js';
import type { DefinedMethod } from './core/define-method.js';
import { diamant2016 } from './methods/diamant-2016.js';
import { diamantMi } from './methods/diamant-mi.js';
import { roy2014 } from './methods/roy-2014.js';
import { wang2017 } from './methods/wang-2017.js';
import { xu2016 } from './methods/xu-2016.js';
import { xu2018 } from './methods/xu-2018.js';
import { yang2012 } from './methods/yang-2012.js';

/** With their loaders; private to this package. */
export const definedMethods: readonly DefinedMethod[] = [
  roy2014,
  yang2012,
  wang2017,
  xu2018,
  diamant2016,
  xu2016,
  diamantMi,
];

/** The classic methods in the order of Table 2, and then a variant. */
export const comparisonMethods: readonly ComparisonMethod[] = definedMethods;
