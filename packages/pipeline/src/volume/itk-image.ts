/** The only file that knows @itk-wasm/image-io. It is loaded when the first such file is met. */
import { FlcError } from '@flc-native/errors';
import type { ItkImage } from '@itk-wasm/image-io';
import { listenToErrors } from '../itk/listen-to-errors.js';
import { dtypeOf, type Matrix3, makeVolume, type Vector3, type Volume } from './volume.js';

/** Reads a 3D scalar image with ITK. Geometry is ITK's own (LPS). DATA_ERROR if it cannot. */
export async function readItkImage(file: string): Promise<Volume> {
  const { readImageNode } = await import('@itk-wasm/image-io');
  const listener = listenToErrors();
  let image: ItkImage;
  try {
    image = await readImageNode(file);
  } catch (cause) {
    // ITK's message repeats the path; it stays in `cause`.
    throw new FlcError('DATA_ERROR', 'ITK cannot read the file: damaged or of another kind', {
      details: { file },
      remedy: 'export the file again, or convert it to NIfTI',
      // A wasm exception is a number; what was said of it repeats the path, which stays in the cause.
      cause: cause instanceof Error ? cause : new Error(listener.reason(cause)),
    });
  } finally {
    listener.stop();
  }
  return fromItk(image, file);
}

/** Writes a volume with ITK; the format follows the extension of `file`. */
export async function writeItkImage(file: string, volume: Volume): Promise<void> {
  const { writeImageNode } = await import('@itk-wasm/image-io');
  const image: ItkImage = {
    imageType: { dimension: 3, componentType: volume.dtype, pixelType: 'Scalar', components: 1 },
    name: 'image',
    origin: [...volume.origin],
    spacing: [...volume.spacing],
    direction: Float64Array.from(volume.direction),
    size: [...volume.size],
    // A copy: itk-wasm writes from the start of the underlying buffer, not of the view.
    data: volume.data.slice(),
    metadata: new Map(),
  };
  await writeImageNode(image, file, { useCompression: true });
}

function fromItk(image: ItkImage, file: string): Volume {
  const { imageType, size, data } = image;
  if (imageType.dimension !== 3 || imageType.components !== 1 || data === null) {
    throw new FlcError('DATA_ERROR', 'not a 3D image with one value a voxel', {
      details: { file, dimension: imageType.dimension, components: imageType.components },
    });
  }
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  const voxels = wide ? Float64Array.from(data as BigInt64Array, Number) : data;
  if (dtypeOf(voxels) === undefined) {
    throw new FlcError('DATA_ERROR', 'unsupported voxel type', {
      details: { file, componentType: imageType.componentType },
    });
  }
  return makeVolume(
    {
      size: [...size] as unknown as Vector3,
      spacing: [...image.spacing] as unknown as Vector3,
      origin: [...image.origin] as unknown as Vector3,
      direction: Array.from(image.direction, (v) => v + 0) as unknown as Matrix3,
    },
    voxels as Volume['data'],
  );
}
