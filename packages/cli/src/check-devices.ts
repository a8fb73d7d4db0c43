import { FlcError } from '@flc-native/errors';

/** @throws FlcError CUDA_UNAVAILABLE with the devices there are, if one of these is none of them */
export async function checkDevices(wanted: readonly string[]): Promise<void> {
  if (wanted.length === 0) return;
  const { devices } = await import('@flc-native/core-native');
  const names = devices().map(({ name }) => name);
  const known = new Set(['auto', ...names, ...(names.length > 1 ? ['cuda'] : [])]);
  const unknown = wanted.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new FlcError(
    'CUDA_UNAVAILABLE',
    `There is no ${unknown.join(', ')}; the devices here are ${names.join(', ')}`,
    { details: { devices: names }, remedy: 'See flc-native doctor.' },
  );
}
