import type { EvaluationResult } from './evaluation.js';

/** The method of the evaluations in a sentence, from what their provenance says of network and machine. */
export function aboutMethod(evaluations: readonly EvaluationResult[]): string {
  const methods = [...new Set(evaluations.map(({ provenance }) => methodOf(provenance)))];
  return `Focal liver lesions in multi-phase images, classified by ${methods.join('; or by ')}.`;
}

function methodOf({ network, training }: EvaluationResult['provenance']): string {
  if (!isRecord(network)) return 'the method that the provenance names';
  const { pathways } = network;
  const decision =
    isRecord(training) && isRecord(training.svm)
      ? 'an SVM on the class proportions of the map'
      : 'the largest mean output over the patches';
  const map = `a label map of ${String(network.patchSize)} x ${String(network.patchSize)} patches for each lesion and ${decision}`;
  const name = nameOf(network);
  if (pathways === 'global') return `${name}: one decision on each slice as a whole, no label map`;
  return `${name}: ${map}`;
}

const fusions: Readonly<Record<string, string>> = {
  bdlstm: 'an LSTM over the phases',
  lstm: 'an LSTM over the phases',
  concat: 'the features of the phases side by side',
  channels: 'the phases as channels',
};

/** The paper's name where it has one, else what the network is made of. */
function nameOf(network: Readonly<Record<string, unknown>>): string {
  const { backbone, pathways, phaseFusion, directions, patchScales } = network;
  const fusion = fusions[String(phaseFusion)] ?? String(phaseFusion);
  if (backbone === 'yasaka') return `the network of Yasaka et al. 2018 with ${fusion}`;
  if (Array.isArray(patchScales)) {
    return `a network on two scales of a patch (Frid-Adar et al. 2017) with ${fusion}`;
  }
  const whole = pathways === 'both';
  if (whole && phaseFusion === 'bdlstm' && directions === 'both') {
    return 'ResGL-BDLSTM (Liang et al., MICCAI 2018)';
  }
  if (whole && phaseFusion === 'concat') return 'ResGLNet';
  if (pathways === 'local' && phaseFusion === 'concat') return 'ResNet_Local';
  const seen = whole ? 'patch and lesion' : pathways === 'local' ? 'the patch' : 'the lesion';
  return `a residual network on ${seen} with ${fusion}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
