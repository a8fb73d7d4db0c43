import { FlcError } from '@flc-native/errors';

/** Numbers in a saved method: base64 of little-endian float32, which keeps every bit. */
export type SavedFloats = string;

export function saveFloats(values: Float32Array): SavedFloats {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** @throws FlcError CHECKPOINT_CORRUPT */
export function loadFloats(saved: unknown): Float32Array {
  const bytes = typeof saved === 'string' ? Buffer.from(saved, 'base64') : Buffer.alloc(1);
  if (bytes.length % 4 !== 0) {
    throw new FlcError('CHECKPOINT_CORRUPT', 'the numbers of the saved method are damaged');
  }
  const values = new Float32Array(bytes.length / 4);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
