import { FlcError } from '@flc-native/errors';
import type { Kernel } from './kernel.js';
import type { PairMachine, SvmModel } from './model.js';
import { classPairs, type Pair } from './one-against-one.js';
import type { Sigmoid } from './sigmoid.js';

/** The saved form of a machine. JSON keeps every finite float64 exactly. */
export interface SvmModelJson {
  readonly format: 'flc-svm';
  readonly version: 1;
  readonly kernel: Kernel;
  readonly C: number;
  readonly classes: readonly number[];
  readonly features: number;
  readonly supportVectors: readonly (readonly number[])[];
  readonly machines: readonly PairMachine[];
}

/** @returns plain JSON that shares nothing with the model */
export function formatModel(model: SvmModel): SvmModelJson {
  return {
    format: 'flc-svm',
    version: 1,
    kernel: { ...model.kernel },
    C: model.C,
    classes: [...model.classes],
    features: model.features,
    supportVectors: model.supportVectors.map((row) => [...row]),
    machines: model.machines.map((machine) => structuredClone(machine)),
  };
}

/** @throws FlcError CHECKPOINT_CORRUPT with the name of the part at fault */
export function parseModel(json: unknown): SvmModel {
  const model = record(json, 'model');
  if (model.format !== 'flc-svm') corrupt('format', "'flc-svm'", model.format);
  if (model.version !== 1) corrupt('version', '1', model.version);
  const features = wholeNumber(model.features, 'features', 1, Number.MAX_SAFE_INTEGER);
  const C = finite(model.C, 'C');
  if (C <= 0) corrupt('C', 'a number above 0', C);
  const supportVectors = list(model.supportVectors, 'supportVectors').map((row, index) =>
    Float64Array.from(numbers(row, `supportVectors[${index}]`, features)),
  );
  const classes = parseClasses(model.classes);
  const pairs = classPairs(classes.length);
  const machines = list(model.machines, 'machines', pairs.length).map((machine, index) =>
    parseMachine(machine, pairs[index] as Pair, supportVectors.length, `machines[${index}]`),
  );
  return { kernel: parseKernel(model.kernel), C, classes, features, supportVectors, machines };
}

function parseKernel(json: unknown): Kernel {
  const kernel = record(json, 'kernel');
  if (kernel.type === 'linear') return { type: 'linear' };
  if (kernel.type !== 'rbf') return corrupt('kernel.type', "'rbf' or 'linear'", kernel.type);
  const gamma = finite(kernel.gamma, 'kernel.gamma');
  return gamma > 0 ? { type: 'rbf', gamma } : corrupt('kernel.gamma', 'a number above 0', gamma);
}

function parseClasses(json: unknown): number[] {
  const classes = numbers(json, 'classes');
  const ascending = classes.every(
    (label, index) => index === 0 || label > (classes[index - 1] as number),
  );
  return classes.length >= 2 && ascending && classes.every(Number.isSafeInteger)
    ? classes
    : corrupt('classes', 'two or more ascending whole numbers', classes);
}

function parseMachine(json: unknown, pair: Pair, stored: number, name: string): PairMachine {
  const machine = record(json, name);
  if (machine.positive !== pair.positive || machine.negative !== pair.negative) {
    corrupt(name, `the machine of the classes ${pair.positive}, ${pair.negative}`, [
      machine.positive,
      machine.negative,
    ]);
  }
  const supports = list(machine.supports, `${name}.supports`).map((index) =>
    wholeNumber(index, `${name}.supports`, 0, stored - 1),
  );
  return {
    ...pair,
    supports,
    coefficients: numbers(machine.coefficients, `${name}.coefficients`, supports.length),
    rho: finite(machine.rho, `${name}.rho`),
    sigmoid: machine.sigmoid === null ? null : parseSigmoid(machine.sigmoid, `${name}.sigmoid`),
  };
}

function parseSigmoid(json: unknown, name: string): Sigmoid {
  const sigmoid = record(json, name);
  return { a: finite(sigmoid.a, `${name}.a`), b: finite(sigmoid.b, `${name}.b`) };
}

function record(json: unknown, name: string): Record<string, unknown> {
  const is = typeof json === 'object' && json !== null && !Array.isArray(json);
  return is ? (json as Record<string, unknown>) : corrupt(name, 'an object', json);
}

function list(json: unknown, name: string, length?: number): unknown[] {
  if (!Array.isArray(json)) return corrupt(name, 'an array', json);
  return length === undefined || json.length === length
    ? json
    : corrupt(name, `an array of ${length}`, `one of ${json.length}`);
}

function numbers(json: unknown, name: string, length?: number): number[] {
  return list(json, name, length).map((value) => finite(value, name));
}

function finite(json: unknown, name: string): number {
  return Number.isFinite(json) ? (json as number) : corrupt(name, 'a number', json);
}

function wholeNumber(json: unknown, name: string, least: number, most: number): number {
  const is = Number.isSafeInteger(json) && (json as number) >= least && (json as number) <= most;
  return is ? (json as number) : corrupt(name, `a whole number from ${least} to ${most}`, json);
}

function corrupt(part: string, expected: string, got: unknown): never {
  const text = typeof got === 'string' ? got : (JSON.stringify(got) ?? String(got));
  throw new FlcError(
    'CHECKPOINT_CORRUPT',
    `the saved support vector machine is damaged: ${part} must be ${expected}, got ${text.slice(0, 80)}`,
    { details: { part, expected, got: text.slice(0, 80) } },
  );
}
