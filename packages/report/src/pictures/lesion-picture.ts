import type { EvaluatedLabelMap } from '../evaluation.js';
import { drawText, letterHeight, textWidth } from './bitmap-font.js';
import { classColors, type Rgb } from './colors.js';
import { maskOutline, type Segment } from './outline.js';
import { createRaster, drawScaled, fillRectangle, type Raster } from './raster.js';
import { greyToRgb, overlay, phaseGrey, type SampleImage } from './sample-image.js';

export interface LesionPictureInput {
  readonly sample: SampleImage;
  /** Names of the phases, in the order of the image. */
  readonly phases: readonly string[];
  readonly classes: readonly string[];
  /** Undefined where the method makes no label map: the picture then ends with the phases. */
  readonly labelMap?: EvaluatedLabelMap | undefined;
  /** Share of each class in the label map, printed in the legend. */
  readonly proportions?: readonly number[] | undefined;
  /** One line under the picture, such as truth and decision. */
  readonly caption: string;
}

const background: Rgb = [0x12, 0x14, 0x18];
const ink: Rgb = [0xf0, 0xf0, 0xf0];
const outlineColor: Rgb = [0xff, 0xd6, 0x0a];
/** Longest side of a panel, output pixels; the scale is the largest whole number that keeps to it. */
const panelSide = 288;
const gap = 12;
const textScale = 2;
const lineHeight = letterHeight * textScale + 10;

/**
 * One slice of a lesion as a picture: the phases side by side in their window, each with the outline of the mask, then
 * the label map over the last phase in class colours, and a legend. Pixels are enlarged by nearest neighbour.
 */
export function lesionPicture(input: LesionPictureInput): Raster {
  const { sample, labelMap } = input;
  const [phases, height, width] = sample.shape;
  const colors = classColors(input.classes);
  const scale = Math.max(1, Math.floor(panelSide / Math.max(height, width)));
  const panels = Array.from({ length: phases }, (_, p) => ({
    title: input.phases[p] ?? `${p}`,
    raster: greyToRgb(phaseGrey(sample, p), width, height),
  }));
  if (labelMap !== undefined) {
    panels.push({ title: 'label map', raster: overlay(sample, phases - 1, labelMap, colors) });
  }
  const legend = labelMap === undefined ? [] : legendEntries(input);
  const panelsWidth = panels.length * (width * scale + gap) + gap;
  const textWidths = [textWidth(input.caption, textScale) + 2 * gap, legendWidth(legend)];
  const bottom = gap + lineHeight + height * scale + gap;
  const picture = createRaster(
    Math.max(panelsWidth, ...textWidths),
    bottom + lineHeight * (legend.length > 0 ? 2 : 1) + gap,
    background,
  );
  const outline = maskOutline(sample.mask, height, width);
  panels.forEach(({ title, raster }, i) => {
    const left = gap + i * (width * scale + gap);
    const top = gap + lineHeight;
    drawText(picture, title, left, gap, ink, textScale);
    drawScaled(picture, raster, left, top, scale);
    drawOutline(picture, outline, left, top, scale);
  });
  drawText(picture, input.caption, gap, bottom, ink, textScale);
  drawLegend(picture, legend, colors, bottom + lineHeight);
  return picture;
}

function drawOutline(
  picture: Raster,
  outline: readonly Segment[],
  left: number,
  top: number,
  scale: number,
): void {
  const thickness = Math.max(1, Math.floor(scale / 3));
  const shift = Math.floor(thickness / 2);
  for (const { x1, y1, x2, y2 } of outline) {
    fillRectangle(
      picture,
      left + x1 * scale - shift,
      top + y1 * scale - shift,
      (x2 - x1) * scale + thickness,
      (y2 - y1) * scale + thickness,
      outlineColor,
    );
  }
}

function legendEntries({ classes, proportions }: LesionPictureInput): string[] {
  return classes.map((name, c) => {
    const share = proportions?.[c];
    return share === undefined ? name : `${name} ${Math.round(100 * share)} %`;
  });
}

const swatch = letterHeight * textScale;

function legendWidth(entries: readonly string[]): number {
  return entries.reduce((sum, entry) => sum + swatch + 2 * gap + textWidth(entry, textScale), gap);
}

function drawLegend(
  picture: Raster,
  entries: readonly string[],
  colors: readonly Rgb[],
  top: number,
): void {
  let left = gap;
  entries.forEach((entry, c) => {
    fillRectangle(picture, left, top, swatch, swatch, colors[c] as Rgb);
    drawText(picture, entry, left + swatch + gap / 2, top, ink, textScale);
    left += swatch + 2 * gap + textWidth(entry, textScale);
  });
}
