import { formatGreyPng } from '@flc-native/pipeline';
import type { EvaluatedLabelMap, EvaluationResult, LesionPrediction } from '../evaluation.js';
import type { CohortSample, PreparedCohort } from '../prepared-cohort.js';
import { classColors } from './colors.js';
import { lesionPicture } from './lesion-picture.js';
import { maskOutline, type Segment } from './outline.js';
import { formatPng, toDataUri } from './png.js';
import { overlay, phaseGrey, type SampleImage } from './sample-image.js';

/** One picture of a panel for the page: pixels as they are, enlarged by the browser. */
export interface Panel {
  readonly title: string;
  readonly dataUri: string;
}

/** The pictures of one slice of a lesion. */
export interface SliceImages {
  readonly sampleId: string;
  /** Path of the composed picture, relative to the report; null where none was asked for. */
  readonly file: string | null;
  readonly height: number;
  readonly width: number;
  /** Of the largest slice alone; empty for the others. */
  readonly panels: readonly Panel[];
  readonly outline: readonly Segment[];
}

/** The pictures of all lesions of a report. */
export class LesionImages {
  readonly #byLesion = new Map<string, readonly SliceImages[]>();

  add(evaluation: string, lesionId: string, slices: readonly SliceImages[]): void {
    this.#byLesion.set(JSON.stringify([evaluation, lesionId]), slices);
  }

  /** The slices of a lesion, the largest first; empty where there are no pictures. */
  of(evaluation: string, lesionId: string): readonly SliceImages[] {
    return this.#byLesion.get(JSON.stringify([evaluation, lesionId])) ?? [];
  }
}

/** Composes the pictures of one lesion; `write` takes the PNG of each slice, without it there are only panels. */
export async function imagesOfLesion<S extends CohortSample>(
  cohort: PreparedCohort<S>,
  evaluation: EvaluationResult,
  name: string,
  prediction: LesionPrediction,
  write?: (file: string, png: Uint8Array) => Promise<void>,
): Promise<SliceImages[]> {
  const ids = new Set(prediction.sliceIds);
  const samples = cohort.index.samples
    .filter((sample) => ids.has(sample.id))
    .sort((a, b) => b.areaPixels - a.areaPixels);
  const slices: SliceImages[] = [];
  for (const sample of samples) {
    const image = await cohort.loadSample(sample);
    const labelMap = evaluation.labelMaps.find((map) => map.sampleId === sample.id);
    const { phases } = cohort.index;
    let file: string | null = null;
    if (write !== undefined) {
      file = `pictures/${fileName(`${name}-${sample.id}`)}.png`;
      const { classes } = evaluation;
      const { proportions } = prediction;
      const caption = `truth: ${prediction.truth ?? 'unknown'}   decision: ${prediction.predicted}`;
      const picture = { sample: image, phases, classes, labelMap, proportions, caption };
      await write(file, formatPng(lesionPicture(picture)));
    }
    const [, height, width] = image.shape;
    // The page shows the largest slice; the others lie in the pictures folder.
    const panels = slices.length > 0 ? [] : panelsOf(image, phases, labelMap, evaluation.classes);
    const outline = maskOutline(image.mask, height, width);
    slices.push({ sampleId: sample.id, file, height, width, panels, outline });
  }
  return slices;
}

function panelsOf(
  image: SampleImage,
  phases: readonly string[],
  labelMap: EvaluatedLabelMap | undefined,
  classes: readonly string[],
): Panel[] {
  const [, height, width] = image.shape;
  const panels = phases.map((title, p) => ({
    title,
    dataUri: toDataUri(formatGreyPng(phaseGrey(image, p), width, height)),
  }));
  if (labelMap === undefined) return panels;
  const raster = overlay(image, phases.length - 1, labelMap, classColors(classes));
  return [...panels, { title: 'Label map', dataUri: toDataUri(formatPng(raster)) }];
}

/** A file name without separators or letters that a shell or a file system reads; different ids stay different. */
export function fileName(id: string): string {
  return id.replace(/[^A-Za-z0-9.-]/g, (letter) =>
    letter === '/' ? '_' : `~${letter.codePointAt(0)?.toString(16)}~`,
  );
}
