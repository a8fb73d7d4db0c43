import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DistributedOptions,
  Network,
  type Placement,
  resolvePlacement,
  type TrainConfig,
  type TrainConfigOverrides,
  type TrainingEvent,
  type TrainingResult,
  type TrainingRun,
  train,
} from '@flc-native/core-native';
import { throwIfCancelled, withReason } from '@flc-native/errors';
import type { Partition, Prepared, PreparedSample } from '@flc-native/pipeline';
import { choiceNotes, chooseMachine, type LabelledSamples } from '@flc-native/svm';
import { hashOf, writeBundle } from './bundle.js';
import { classIndex, type FittingSamples, fittingSamples } from './cohort.js';
import { describeModel } from './describe-model.js';
import { checkStart, finishedTraining, trainConfig, wantedState } from './fit-start.js';
import { type FitState, readFitState, type TrainedNetwork, writeFitState } from './fit-state.js';
import { type FeatureShare, type LesionFeatures, lesionFeatures } from './lesion-features.js';
import { type Lesion, lesionsOf, type Unit, unitsOf } from './lesions.js';
import { modelIsWritten, ownDevice, shareOf } from './map-share.js';
import type { SvmProvenance } from './model-description.js';
import { numbersPerPatch, type PacePolicy, patchSelection } from './patch-selection.js';

/** What the addon leaves out it fills in, from its one list of defaults. */
export type FitConfig = TrainConfigOverrides & {
  /** Step between the patches of a label map, pixels; the paper's is 1. */
  readonly labelMapPace?: number | undefined;
  /** Step between the patches that the network learns from, pixels; default Eq. 1 for each ROI. */
  readonly trainingPace?: PacePolicy | undefined;
  readonly svm?: { readonly kernel: 'rbf' | 'linear' } | undefined;
  /** What the machine learns to decide on; default `lesion`, whose slices are pooled. */
  readonly unit?: Unit | undefined;
};

export type FitEvent =
  | TrainingEvent
  | { readonly type: 'label-maps' | 'svm'; readonly done: number; readonly total: number };

export interface FitOptions {
  readonly prepared: Prepared;
  readonly partition: Partition;
  /** Of the whole cohort, where labels are hidden in `prepared`; default that of `prepared`. */
  readonly dataHash?: string | undefined;
  readonly config: FitConfig;
  /** `runs/<name>`; made if absent. */
  readonly runDir: string;
  /** Go on with an interrupted run instead of starting one. */
  readonly resume?: boolean | undefined;
  /** Go on although the run was started with another number of threads. */
  readonly force?: boolean | undefined;
  /**
   * Which of several processes that train the network together this one is; all call `fit` with the same options on the
   * same folders. Default: what the environment of torchrun or SLURM says. false: train alone.
   */
  readonly distributed?: DistributedOptions | Placement | false | undefined;
  readonly signal?: AbortSignal | undefined;
  /** On other ranks than 0 notices alone, which name the rank. */
  readonly onEvent?: ((event: FitEvent) => void) | undefined;
}

export interface FitResult extends TrainedNetwork {
  /** Of several processes; all but 0 leave the machine to rank 0, and their `svm` is null. */
  readonly rank: number;
  /** Folder of the finished bundle. */
  readonly bundle: string;
  readonly lesions: { readonly train: number; readonly val: number };
  readonly svm: SvmProvenance | null;
  readonly synthetic: boolean;
}

/**
 * Fits the whole classifier: the network on the patches of the train part, label maps of train and val, and the SVM on
 * them. Leaves `runDir/model`, a bundle that `Classifier.load` takes. An interrupted fit goes on with `resume`, in
 * whichever of the three stages it was.
 *
 * @throws FlcError CANCELLED (with what is done on disk), DATA_ERROR for a leaking or empty partition, INVALID_CONFIG
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const placement = resolvePlacement(options.distributed);
  return await fitAs(placement, { ...options, onEvent: eventsOf(placement, options.onEvent) });
}

async function fitAs(placement: Placement | null, options: FitOptions): Promise<FitResult> {
  const { prepared, partition, runDir } = options;
  const rank = placement?.rank ?? 0;
  const samples = fittingSamples(prepared, partition);
  // Rank 0 may have begun a new run already.
  const found = rank === 0 || options.resume ? await readFitState(runDir) : undefined;
  const wanted = wantedState(options, found);
  checkStart(options, found, wanted);
  const config = await trainConfig(options, found !== undefined);
  const started = found ?? wanted;
  const before = finishedTraining(started, config);
  const { trained, folderIsShared } =
    before === undefined
      ? await trainNetwork(options, samples, config, started, placement)
      : // Who goes on with a run sees its folder.
        { trained: before, folderIsShared: true };
  const share = shareOf(placement, folderIsShared);
  const part = { share, device: ownDevice(config.device, placement), trained };
  if (rank > 0) {
    const helps = share !== undefined && config.network.pathways !== 'global';
    if (helps && (await modelIsWritten(runDir, trained, options.signal)))
      await mapFeatures(options, samples, config, started, part);
    return resultOf(options, samples, trained, rank, null);
  }
  const fitted = await fitDecision(options, samples, config, started, part);
  await writeBundle(
    join(runDir, 'model'),
    describeModel(options, config, { ...started, trained }, fitted.provenance),
    fitted.machine,
  );
  return resultOf(options, samples, trained, rank, fitted.provenance);
}

/** What all processes do alike is told by rank 0. */
function eventsOf(placement: Placement | null, onEvent: FitOptions['onEvent']) {
  const rank = placement?.rank ?? 0;
  if (rank === 0 || onEvent === undefined) return onEvent;
  return (event: FitEvent) => {
    if (event.type === 'notice') onEvent({ ...event, message: `rank ${rank}: ${event.message}` });
  };
}

function resultOf(
  { prepared, runDir }: FitOptions,
  samples: FittingSamples,
  trained: TrainedNetwork,
  rank: number,
  svm: SvmProvenance | null,
): FitResult {
  return {
    ...trained,
    rank,
    bundle: join(runDir, 'model'),
    lesions: { train: lesionsOf(samples.train).length, val: lesionsOf(samples.val).length },
    svm,
    synthetic: prepared.index.synthetic,
  };
}

async function trainNetwork(
  options: FitOptions,
  { train: trainSamples, val }: FittingSamples,
  config: TrainConfig,
  state: FitState,
  placement: Placement | null,
): Promise<{ readonly trained: TrainedNetwork; readonly folderIsShared: boolean }> {
  const { prepared, runDir, signal } = options;
  const isFirst = (placement?.rank ?? 0) === 0;
  const all = [...trainSamples, ...val];
  const grid = { pace: state.trainingPace, signal };
  const trainPatches = await patchSelection(prepared, trainSamples, grid);
  const validationPatches = shiftSamples(
    await patchSelection(prepared, val, grid),
    trainSamples.length,
  );
  if (isFirst) await writeFitState(runDir, state);
  const run = train({
    config,
    samples: all.map((sample) => trainingSample(prepared, sample)),
    trainPatches,
    validationPatches,
    runDir,
    // A run that was stopped before its first checkpoint starts anew.
    resume: existsSync(join(runDir, 'checkpoint', 'state.safetensors')),
    force: options.force === true,
    distributed: placement ?? false,
    ...(signal === undefined ? {} : { signal }),
  });
  const { step, bestStep, bestAccuracy, reason, runDirIsShared } = await endOf(run, options);
  throwIfCancelled(signal);
  const trained = { steps: step, bestStep, bestAccuracy, reason };
  if (isFirst) await writeFitState(runDir, { ...state, trained });
  return { trained, folderIsShared: runDirIsShared };
}

/** What a training ends with, once its events are told. The addon does not know why it was stopped; the signal does. */
async function endOf(run: TrainingRun, { signal, onEvent }: FitOptions): Promise<TrainingResult> {
  try {
    for await (const event of run) onEvent?.(event);
    return await run.finished;
  } catch (thrown) {
    throw withReason(thrown, signal);
  }
}

function trainingSample(prepared: Prepared, sample: PreparedSample) {
  return {
    file: join(prepared.dir, sample.file),
    key: sample.key,
    class: classIndex(prepared.index.classes, sample.class),
    group: sample.lesionId,
  };
}

/** Lets triples point behind the first `offset` samples of a joint list. */
function shiftSamples(triples: Int32Array, offset: number): Int32Array {
  return triples.map((value, i) => (i % numbersPerPatch === 0 ? value + offset : value));
}

/** What a process does for the label maps, and where. */
interface MapPart {
  readonly share: FeatureShare | undefined;
  readonly device: string;
  readonly trained: TrainedNetwork;
}

/** Label maps of train and val; of several processes rank 0 gets those of all. */
async function mapFeatures(
  options: FitOptions,
  samples: FittingSamples,
  config: TrainConfig,
  { labelMapPace: pace, dataHash: data, unit }: FitState,
  { share, device, trained }: MapPart,
): Promise<LesionFeatures> {
  const { prepared, runDir, signal, onEvent } = options;
  const bundle = join(runDir, 'model');
  const { threads, precision } = config;
  return await lesionFeatures(
    () => Network.load(bundle, { device, threads, precision }),
    prepared,
    [...unitsOf(samples.train, unit), ...unitsOf(samples.val, unit)],
    {
      ...(share === undefined ? {} : { share }),
      numClasses: prepared.index.classes.length,
      pace,
      hasPatches: true,
      signal,
      runDir,
      key: {
        weights: await hashOf(join(bundle, 'weights.safetensors')),
        labelMapPace: pace,
        dataHash: data,
      },
      onProgress: (done, total) => onEvent?.({ type: 'label-maps', done, total }),
      onNotice: (message) => onEvent?.({ type: 'notice', step: trained.steps, message }),
    },
  );
}

/** Label maps of train and val, then the machine; a network without a local pathway decides by itself. */
async function fitDecision(
  options: FitOptions,
  samples: FittingSamples,
  config: TrainConfig,
  state: FitState,
  part: MapPart,
) {
  if (config.network.pathways === 'global') return { machine: null, provenance: null };
  const { prepared, signal, onEvent } = options;
  const { svm, unit } = state;
  const train = unitsOf(samples.train, unit);
  const val = unitsOf(samples.val, unit);
  const features = await mapFeatures(options, samples, config, state, part);
  const { classes } = prepared.index;
  const { machine, choice } = await chooseMachine(
    {
      train: labelledFeatures(train, features, classes),
      validation: labelledFeatures(val, features, classes),
      kernel: svm.kernel,
      seed: config.seed,
      signal,
    },
    (done, total) => onEvent?.({ type: 'svm', done, total }),
  );
  throwIfCancelled(signal);
  const saved = machine.save();
  machine.close();
  return { machine: saved, provenance: { ...choice, notes: choiceNotes(choice, classes) } };
}

function labelledFeatures(
  lesions: readonly Lesion[],
  features: LesionFeatures,
  classes: readonly string[],
): LabelledSamples {
  return {
    X: lesions.map(({ id }) => [...(features.get(id) ?? [])]),
    y: lesions.map((lesion) => classIndex(classes, lesion.class)),
    groups: lesions.map(({ patientId }) => patientId),
  };
}
