import {
  type NetworkPreset,
  networkPresets,
  overlay,
  trainingPresets,
} from '@flc-native/classifier/presets';
import type { TrainConfigOverrides } from '@flc-native/core-native';

/** Where a row stands in the table. */
export type RowGroup = 'classic' | 'network' | 'ablation' | 'oracle';

interface RowHead {
  /** Name on the command line and of the folder. */
  readonly key: string;
  readonly title: string;
  readonly group: RowGroup;
  /** The row of the paper's Table 2 that it stands beside. */
  readonly paperRow?: string;
}

/** A method of @flc-native/baselines. */
export interface ClassicRow extends RowHead {
  readonly kind: 'classic';
}

/** A network that is trained. */
export interface NetworkRow extends RowHead {
  readonly kind: 'network';
  readonly config: TrainConfigOverrides;
  /** Settings of the whole comparison (size, schedule) do not reach these. */
  readonly own?: TrainConfigOverrides;
  /** Step between training patches, pixels; default Eq. 1. */
  readonly trainingPace?: number;
  readonly citation?: string;
  readonly deviations?: readonly string[];
}

/** Another decision on the label maps of a network row, which is not trained again. */
export interface DerivedRow extends RowHead {
  readonly kind: 'derived';
  readonly from: string;
  readonly decision: 'vote' | 'probability';
}

export type Row = ClassicRow | NetworkRow | DerivedRow;

/** The row that the others are compared with. */
export const mainRow = 'resgl-bdlstm';

const classic = (key: string, title: string, paperRow: string): ClassicRow => ({
  kind: 'classic',
  key,
  title,
  group: 'classic',
  paperRow,
});

const network = (
  key: NetworkPreset,
  title: string,
  paperRow: string,
  more: Partial<NetworkRow> = {},
): NetworkRow => ({
  kind: 'network',
  key,
  title,
  group: 'network',
  paperRow,
  config: networkPresets[key],
  ...more,
});

/** The rows of Table 2, in its order. */
export const tableRows: readonly Row[] = [
  classic('roy', 'Roy et al. 2014', 'Roy [3]'),
  classic('yang', 'Yang et al. 2012', 'Yang [5]'),
  classic('wang', 'Wang et al. 2017', 'Wang [8]'),
  classic('xu-2018', 'Xu et al. 2018', 'Xu [9]'),
  classic('diamant', 'Diamant et al. 2016', 'Diamant [6]'),
  classic('xu-2016', 'Xu et al. 2016', 'Xu [7]'),
  network('frid-adar', 'Frid-Adar et al. 2017', 'Frid-Adar [11]', {
    group: 'classic',
    own: networkPresets['frid-adar'],
    citation:
      'Frid-Adar et al., Modeling the Intra-class Variability for Liver Lesion Detection using a Multi-class Patch-based CNN, Patch-MI 2017',
    deviations: [
      'The paper detects lesions; this is the table authors’ use of it: two residual pathways on patches of 9 and 5 pixels round the same centre, a label map and the SVM.',
      'A patch is kept by the share of its 7 x 7 middle that lies in the lesion, as for the other rows; the authors asked it of the larger patch.',
      'Loss weights of the three heads and optimizer are those of the other network rows.',
    ],
  }),
  network('yasaka', 'Yasaka et al. 2018', 'Yasaka [12]', {
    group: 'classic',
    own: networkPresets.yasaka,
    citation:
      'Yasaka et al., Deep Learning with Convolutional Neural Network for Differentiation of Liver Masses at Dynamic Contrast-enhanced CT, Radiology 2018',
    deviations: [
      'Layers, Adam, rate and batch are those of the table authors’ re-implementation; the paper’s own augmentation (shift, enlargement, noise) is not used there either.',
      'Without a delayed phase its three channels are NC, ART and PV.',
      'Stops by the accuracy on the validation lesions, as the other networks do.',
    ],
  }),
  network('resnet-local', 'ResNet_Local', 'ResNet_Local'),
  network('resglnet', 'ResGLNet', 'ResGLNet [13]'),
  network(
    'resgl-bdlstm-no-intra',
    'ResGL-BDLSTM without intra-loss',
    'ResGL-BDLSTM, no intra-loss',
  ),
  network('resgl-bdlstm', 'ResGL-BDLSTM', 'ResGL-BDLSTM'),
];

/** The ablations, each the full method with one thing changed. */
export function ablationRows(phases: readonly string[]): Row[] {
  const changed = (
    key: string,
    title: string,
    own: TrainConfigOverrides,
    more: Partial<NetworkRow> = {},
  ): NetworkRow => ({
    kind: 'network',
    key,
    title,
    group: 'ablation',
    config: networkPresets[mainRow],
    own,
    ...more,
  });
  return [
    {
      ...classic('diamant-mi', 'Diamant et al., words chosen by mutual information', ''),
      group: 'ablation',
    },
    ...phases.map((phase, i) =>
      changed(`phase-${phase.toLowerCase()}`, `${phase} alone`, { network: { phaseOrder: [i] } }),
    ),
    changed('phases-as-channels', 'Phases as channels', { network: { phaseFusion: 'channels' } }),
    changed('lstm-forward', 'LSTM in one direction (enhancement)', {
      network: { phaseFusion: 'lstm', directions: 'forward' },
    }),
    changed('lstm-backward', 'LSTM in one direction (anti-enhancement)', {
      network: { phaseFusion: 'lstm', directions: 'backward' },
    }),
    changed(
      'phases-permuted',
      `Order of phases ${permuted(phases)
        .map((i) => phases[i])
        .join(', ')}`,
      {
        network: { phaseOrder: permuted(phases) },
      },
    ),
    changed('global-only', 'Global pathway only, one decision for a lesion', {
      network: { pathways: 'global' },
    }),
    changed('intra-mean', 'Intra-loss as a mean over the batch', { intraReduction: 'mean' }),
    changed('class-balanced', 'Classes drawn equally often', { roiDraw: 'classes' }),
    changed('robust', 'Preset robust (experimental)', trainingPresets.robust),
    changed('pace-off', 'Every patch in training, no pace', {}, { trainingPace: 1 }),
    derived('majority-vote', 'Most frequent class of the label map, no SVM', 'vote'),
    derived('mean-softmax', 'Largest mean softmax output, no SVM', 'probability'),
  ];
}

function derived(key: string, title: string, decision: DerivedRow['decision']): DerivedRow {
  return { kind: 'derived', key, title, group: 'ablation', from: mainRow, decision };
}

/** Neither the order of the phases nor its reverse, which a bidirectional LSTM reads as well. */
function permuted(phases: readonly string[]): number[] {
  return [...phases.keys()].slice(1).concat(0);
}

/** What a network row is trained with: the comparison's settings, but for the row's own. */
export function configOf(row: NetworkRow, shared: TrainConfigOverrides): TrainConfigOverrides {
  return overlay(row.config, shared, row.own ?? {});
}
