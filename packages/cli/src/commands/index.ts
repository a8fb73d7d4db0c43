import type { CommandSpec } from '../command.js';
import { check } from './check.js';
import { compare } from './compare.js';
import { demo } from './demo.js';
import { doctor } from './doctor.js';
import { evaluate } from './evaluate.js';
import { importCommand } from './import.js';
import { phantom } from './phantom.js';
import { predict } from './predict.js';
import { prepare } from './prepare.js';
import { register } from './register.js';
import { report } from './report.js';
import { segment } from './segment.js';
import { setup } from './setup.js';
import { split } from './split.js';
import { train } from './train.js';

/** Every command, in the order of the work. */
export const commands: readonly CommandSpec[] = [
  setup,
  doctor,
  phantom,
  importCommand,
  check,
  register,
  segment,
  prepare,
  split,
  train,
  evaluate,
  predict,
  report,
  compare,
  demo,
];
