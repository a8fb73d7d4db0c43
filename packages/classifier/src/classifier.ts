import { join } from 'node:path';
import { Network, type Precision } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
import { type Prepared, prepareLesion, registerLesion, type Volume } from '@flc-native/pipeline';
import { SupportVectorClassifier } from '@flc-native/svm';
import { readBundle } from './bundle.js';
import { type Decision, type DecisionRule, networkRule, svmRule } from './decision.js';
import {
  type LesionSlice,
  type MapOptions,
  type MappedLesion,
  mapLesion,
  mapLesions,
  type SliceLabelMap,
} from './label-maps.js';
import { lesionPacks } from './lesion-packs.js';
import type { Lesion } from './lesions.js';
import { type ModelDescription, prepareOptionsOf } from './model-description.js';
import type { PatchNetwork } from './patch-network.js';
import { roiOf } from './patch-selection.js';

export interface ClassifierOptions {
  /** `auto` (default), `cpu`, `cuda` or `cuda:N`. */
  readonly device?: string;
  /** CPU threads, 0 (default) for all cores. */
  readonly threads?: number;
  readonly precision?: Precision;
  /** Patches that are computed at once: what bounds the memory. Default: 128 on a CPU, 2048 on a GPU. */
  readonly patchesAtOnce?: number;
}

/** The class of a lesion and what it rests on. */
export interface LesionClassification {
  readonly class: string;
  /** In the order of the model's classes, summing to 1. */
  readonly probabilities: readonly number[];
  /** Share of each class among the labelled pixels of the label map (Eq. 7-8). */
  readonly proportions: readonly number[];
  /** Mean softmax output of the network over the patches. */
  readonly meanProbabilities: readonly number[];
  /** One map a slice. */
  readonly labelMap: readonly SliceLabelMap[];
  /** What the network saw, for drawing; in the order of the label maps. */
  readonly slices: readonly LesionSlice[];
  readonly warnings: readonly string[];
}

/** A trained model: network, label map and SVM as one. Close it after use; it holds the network's memory. */
export class Classifier {
  readonly description: ModelDescription;
  readonly #network: PatchNetwork;
  readonly #rule: DecisionRule;
  #closed = false;

  private constructor(description: ModelDescription, network: PatchNetwork, rule: DecisionRule) {
    this.description = description;
    this.#network = network;
    this.#rule = rule;
  }

  /**
   * Loads a bundle as `fit` writes it.
   *
   * @param dir `runs/<name>/model`
   * @throws FlcError IO_ERROR, DATA_ERROR (another program's or version's), CHECKPOINT_CORRUPT, CUDA_UNAVAILABLE
   */
  static async load(dir: string, options: ClassifierOptions = {}): Promise<Classifier> {
    const { description, machine } = await readBundle(dir);
    const rule =
      machine === null
        ? networkRule()
        : svmRule(loadMachine(machine, join(dir, 'svm.json')), description.classes);
    return new Classifier(description, await Network.load(dir, options), rule);
  }

  get classes(): readonly string[] {
    return this.description.classes;
  }

  /** Class and softmax output of single patches. @throws FlcError INVALID_CONFIG once closed */
  predictPatches(
    request: Parameters<PatchNetwork['predictPatches']>[0],
  ): ReturnType<PatchNetwork['predictPatches']> {
    this.#assertOpen();
    return this.#network.predictPatches(request);
  }

  /**
   * The label map of a lesion at the pace that the model was fitted with.
   *
   * @param slices the slices of one lesion
   * @throws FlcError CANCELLED
   */
  labelMap(slices: readonly LesionSlice[], signal?: AbortSignal): Promise<MappedLesion> {
    this.#assertOpen();
    return mapLesion(this.#network, slices, this.#mapOptions({ signal }));
  }

  /** The label maps of prepared lesions, whose patches share the network's batches. @throws FlcError CANCELLED */
  async *labelMaps(
    prepared: Prepared,
    lesions: readonly Lesion[],
    notify: Pick<MapOptions, 'signal' | 'onNotice'> = {},
  ): AsyncGenerator<{ readonly lesion: Lesion; readonly mapped: MappedLesion }> {
    this.#assertOpen();
    const options = this.#mapOptions(notify);
    const { patchesAtOnce } = this.#network;
    for await (const pack of lesionPacks(prepared, lesions, { ...options, patchesAtOnce })) {
      this.#assertOpen();
      const slices = pack.map((loaded) => loaded.slices);
      const maps = await mapLesions(this.#network, slices, options);
      for (const [i, { lesion }] of pack.entries())
        yield { lesion, mapped: maps[i] as MappedLesion };
    }
  }

  #mapOptions(notify: Pick<MapOptions, 'signal' | 'onNotice'>): MapOptions {
    const { classes, labelMapPace, network } = this.description;
    const hasPatches = network.pathways !== 'global';
    return { numClasses: classes.length, pace: labelMapPace, hasPatches, ...notify };
  }

  /** Class and probabilities of a lesion whose label map is known; a warning where the two disagree. */
  decide(lesion: MappedLesion): Omit<Decision, 'class'> & { readonly class: string } {
    this.#assertOpen();
    const { class: index, ...decision } = this.#rule.decide(lesion);
    return { class: this.classes[index] ?? '', ...decision };
  }

  /**
   * Classifies a lesion from memory, without files. It is prepared as the lesions were that the model learned from.
   *
   * @param lesion one volume for each phase of the model, in its order; the mask on the grid of the reference phase
   * @throws FlcError GEOMETRY_MISMATCH, DATA_ERROR (an empty mask, for one), CANCELLED
   */
  async classifyLesion(lesion: {
    readonly phases: readonly Volume[];
    readonly mask: Volume;
    /** Masks on the grids of the phases, for a model whose phases were aligned by them. */
    readonly phaseMasks?: readonly (Volume | undefined)[] | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<LesionClassification> {
    this.#assertOpen();
    this.#checkPhases(lesion.phases.length);
    const { phases, preprocessing } = this.description;
    const input = await registerLesion({
      phases: lesion.phases,
      mask: lesion.mask,
      ...(lesion.phaseMasks === undefined ? {} : { phaseMasks: lesion.phaseMasks }),
      reference: phases.indexOf(preprocessing.reference),
      intensity: preprocessing.intensity,
      components: 'merge',
      modality: preprocessing.modality,
      options: prepareOptionsOf(this.description),
    });
    const { lesions, warnings } = prepareLesion(input);
    const slices = lesions
      .flatMap(({ samples }) => samples)
      .map((sample) => ({
        sampleId: String(sample.slice),
        input: sample,
        roi: { ...roiOf(sample), coverage: sample.coverage },
      }));
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    const options = this.#mapOptions({ signal: lesion.signal, onNotice });
    const mapped = await mapLesion(this.#network, slices, options);
    const decision = this.decide(mapped);
    return {
      ...decision,
      proportions: [...mapped.proportions],
      meanProbabilities: [...mapped.meanProbabilities],
      labelMap: mapped.labelMaps,
      slices,
      warnings: [...input.warnings, ...warnings, ...notices, ...decision.warnings],
    };
  }

  /** Frees the network. Further use is an error; a second call is none. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#network.close();
    this.#rule.close();
  }

  /** As {@link close}: `using classifier = await Classifier.load(dir)`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkPhases(got: number): void {
    const { phases } = this.description;
    if (got === phases.length) return;
    throw new FlcError('DATA_ERROR', `The model needs ${phases.length} phases, not ${got}`, {
      details: { expected: phases, got },
      remedy: `Give one volume for each of ${phases.join(', ')}.`,
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw new FlcError('INVALID_CONFIG', 'The classifier is closed');
  }
}

function loadMachine(json: unknown, file: string): SupportVectorClassifier {
  try {
    return SupportVectorClassifier.load(json);
  } catch (cause) {
    throw new FlcError('CHECKPOINT_CORRUPT', 'The machine of the model cannot be read', {
      details: { file },
      remedy: 'Copy the whole folder again from where it was trained.',
      cause,
    });
  }
}
