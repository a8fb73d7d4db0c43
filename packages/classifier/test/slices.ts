import type { LesionSlice } from '../src/label-maps.js';

/** A slice of a lesion that fills its box of h x w pixels, with a margin of 2 and HU = value. */
export function fullSlice(sampleId: string, h: number, w: number, value = 0): LesionSlice {
  const margin = 2;
  const height = h + 2 * margin;
  const width = w + 2 * margin;
  const mask = new Uint8Array(height * width);
  for (let row = margin; row < margin + h; row++)
    mask.fill(1, row * width + margin, row * width + margin + w);
  return {
    sampleId,
    input: {
      image: new Int16Array(3 * height * width).fill(value),
      mask,
      shape: [3, height, width],
      margin,
      box: [10, 20, h, w],
      window: Float32Array.of(-70, 180, -70, 180, -70, 180),
    },
    roi: { mask: new Uint8Array(h * w).fill(1), h, w, coverage: 0.9 },
  };
}
