import { FlcError } from '@flc-native/errors';
import { whole } from '../dicom/element-values.js';
import { pixelLayout } from '../dicom/pixel-layout.js';
import { type FrameSource, readFrames } from '../dicom/read-frames.js';
import { readHeader } from '../dicom/read-header.js';
import type { DicomStack } from '../dicom/stack.js';
import { makeVolume, type Volume, voxelCount } from '../volume/volume.js';

const instanceNumber = 'x00200013';

/**
 * A mask stored as a folder of DICOM images (any value but 0 is inside) on the grid of the image
 * stack. Slices are paired by InstanceNumber, whatever position their headers state. DATA_ERROR
 * where numbers do not pair or sizes differ.
 */
export async function readMaskFolder(files: readonly string[], stack: DicomStack): Promise<Volume> {
  const [columns, rows] = stack.grid.size;
  const planeOf = new Map(
    stack.slices.flatMap(({ instanceNumber: number }, z) =>
      number === undefined ? [] : [[number, z] as const],
    ),
  );
  const data = new Uint8Array(voxelCount(stack.grid.size));
  const sources: FrameSource[] = [];
  const planes: number[] = [];
  for (const file of files) {
    const header = await readHeader(file);
    if (header === undefined) continue;
    const number = whole(header.dataSet, instanceNumber, 'instance number');
    const z = number === undefined ? undefined : planeOf.get(number);
    const layout = pixelLayout(header, header.fileBytes);
    if (z === undefined || layout.rows !== rows || layout.columns !== columns) {
      throw new FlcError('DATA_ERROR', 'a mask slice fits no slice of the image', {
        details: { file, instanceNumber: number, size: [layout.columns, layout.rows] },
        remedy: 'mask and image must have the same instance numbers and sizes',
      });
    }
    sources.push({ file, frame: 0, layout });
    planes.push(z);
  }
  await readFrames(sources, (index, stored) => {
    const start = (planes[index] as number) * rows * columns;
    for (let i = 0; i < stored.length; i += 1) data[start + i] = stored[i] === 0 ? 0 : 1;
  });
  return makeVolume(stack.grid, data);
}
