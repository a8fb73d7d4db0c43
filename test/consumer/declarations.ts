// Exported without types of its own, so that a declaration needs the names of all types that public signatures use.
import * as baselines from '@flc-native/baselines';
import { type Classifier, fit as fitModel } from '@flc-native/classifier';
import * as core from '@flc-native/core-native';
import { compare } from '@flc-native/experiment';
import * as pipeline from '@flc-native/pipeline';
import * as report from '@flc-native/report';
import type { SvmModelJson } from '@flc-native/svm';

type First<F extends (...args: never[]) => unknown> = Parameters<F>[0];

export const predict = (classifier: Classifier, request: First<Classifier['predictPatches']>) =>
  classifier.predictPatches(request);
export const labelMap = (classifier: Classifier, slices: First<Classifier['labelMap']>) =>
  classifier.labelMap(slices);
const sliceOf = async (classifier: Classifier, lesion: First<Classifier['classifyLesion']>) =>
  (await classifier.classifyLesion(lesion)).slices[0];
export const input = async (...args: Parameters<typeof sliceOf>) => (await sliceOf(...args))?.input;
export const roi = async (...args: Parameters<typeof sliceOf>) => (await sliceOf(...args))?.roi;
export const masks = async (dataset: pipeline.Dataset) =>
  (await pipeline.segmentDataset(dataset, 'out')).masks[0];
export const prepareOptions = () => pipeline.resolvePrepareOptions();
export const phase = (dataset: pipeline.Dataset) => dataset.cases[0]?.phases.PV;
export const seeds = (dataset: pipeline.Dataset) => dataset.cases[0]?.lesions[0]?.seeds;
export const register = (options: First<typeof pipeline.registerVolumes>) =>
  pipeline.registerVolumes(options);
export const machine = (model: SvmModelJson) => model.machines[0];
export const fitted = (options: First<typeof fitModel>) => fitModel(options);
export const compared = (options: First<typeof compare>) => compare(options);
export const methods = baselines.comparisonMethods;
export const page = (options: First<typeof report.buildReport>) => report.buildReport(options);
export const comparison = (options: First<typeof report.buildComparison>) =>
  report.buildComparison(options);
export const metrics = (...args: Parameters<typeof report.computeMetrics>) =>
  report.computeMetrics(...args);
export const runtime = () => core.runtimeReport();
export const trained = (options: core.TrainOptions) => core.train(options);
