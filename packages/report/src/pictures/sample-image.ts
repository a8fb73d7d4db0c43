import { FlcError } from '@flc-native/errors';
import type { EvaluatedLabelMap } from '../evaluation.js';
import type { Rgb } from './colors.js';
import { labelMapPace } from './label-map-pace.js';
import { fillRectangle, type Raster } from './raster.js';

/** One prepared sample in memory: the part of pipeline's loaded sample that pictures need. */
export interface SampleImage {
  /** `[phases, height, width]`, HU (stored units where the modality is not CT). */
  readonly image: Int16Array;
  /** `[height, width]`, 1 inside the lesion. */
  readonly mask: Uint8Array;
  readonly shape: readonly [phases: number, height: number, width: number];
  /** Pixels around the ROI. */
  readonly margin: number;
  /** Lower and upper bound of the display window, one pair per phase. */
  readonly window: Float32Array;
}

/** One phase as grey values: the window's lower bound is black, its upper bound white. */
export function phaseGrey(sample: SampleImage, phase: number): Uint8Array {
  const [, height, width] = sample.shape;
  const lower = sample.window[2 * phase] as number;
  const upper = sample.window[2 * phase + 1] as number;
  const range = Math.max(upper - lower, Number.EPSILON);
  const grey = new Uint8Array(height * width);
  const first = phase * height * width;
  for (let i = 0; i < grey.length; i++) {
    const share = ((sample.image[first + i] as number) - lower) / range;
    grey[i] = Math.round(255 * Math.min(1, Math.max(0, share)));
  }
  return grey;
}

/**
 * The label map over one phase: labelled pixels in their class colour, the image elsewhere. The label map starts at
 * (margin, margin) of the picture. Where only every nth pixel was classified, its square of n x n is coloured.
 * @throws FlcError `DATA_ERROR` when the label map is not that of this sample, or holds a class without a colour.
 */
export function overlay(
  sample: SampleImage,
  phase: number,
  labelMap: EvaluatedLabelMap,
  colors: readonly Rgb[],
): Raster {
  const [, height, width] = sample.shape;
  const { margin } = sample;
  const fits =
    labelMap.h + 2 * margin === height &&
    labelMap.w + 2 * margin === width &&
    labelMap.data.length === labelMap.h * labelMap.w;
  if (!fits) {
    throw new FlcError('DATA_ERROR', `The label map of ${labelMap.sampleId} is of another size.`, {
      details: {
        id: labelMap.sampleId,
        expected: [height - 2 * margin, width - 2 * margin],
        got: [labelMap.h, labelMap.w],
      },
      remedy: 'Evaluate again on this prepared folder.',
    });
  }
  const raster = greyToRgb(phaseGrey(sample, phase), width, height);
  const pace = labelMapPace(labelMap);
  const before = Math.floor((pace - 1) / 2);
  labelMap.data.forEach((label, i) => {
    if (label < 0) return;
    const color = colors[label];
    if (color === undefined) {
      throw new FlcError(
        'DATA_ERROR',
        `The label map of ${labelMap.sampleId} holds an unknown class.`,
        {
          details: { id: labelMap.sampleId, got: label, classes: colors.length },
        },
      );
    }
    const top = margin + Math.floor(i / labelMap.w) - before;
    const left = margin + (i % labelMap.w) - before;
    fillRectangle(raster, left, top, pace, pace, color);
  });
  return raster;
}

export function greyToRgb(grey: Uint8Array, width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < grey.length; i++) {
    const value = grey[i] as number;
    data[3 * i] = value;
    data[3 * i + 1] = value;
    data[3 * i + 2] = value;
  }
  return { width, height, data };
}
