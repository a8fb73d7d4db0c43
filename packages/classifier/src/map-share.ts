import { setTimeout } from 'node:timers/promises';
import { devices, type Placement } from '@flc-native/core-native';
import { throwIfCancelled } from '@flc-native/errors';
import { readFitState, type TrainedNetwork } from './fit-state.js';
import type { FeatureShare } from './lesion-features.js';

/** After so long without a sign of a process its lesions are done by rank 0. */
const patienceSeconds = 60;
const pollMilliseconds = 100;

/**
 * The part of the lesions whose label maps this process makes: of all processes where all see the folder of rank 0, else of
 * those on its machine. The others are left out (undefined).
 */
export function shareOf(
  placement: Placement | null,
  folderIsShared: boolean,
): FeatureShare | undefined {
  if (placement === null) return { index: 0, count: 1, patienceSeconds };
  const { rank, worldSize, localRank, localWorldSize } = placement;
  if (folderIsShared) return { index: rank, count: worldSize, patienceSeconds };
  if (rank !== localRank || rank >= localWorldSize) return undefined;
  return { index: rank, count: localWorldSize, patienceSeconds };
}

/** Each process of a machine takes the GPU of its number, where there are as many. */
export function ownDevice(device: string, placement: Placement | null): string {
  if (placement === null || (device !== 'cuda' && device !== 'auto')) return device;
  const own = `cuda:${placement.localRank}`;
  return devices().some(({ name }) => name === own) ? own : device;
}

/** Waits until rank 0 has written that the network is trained, so that its weights are complete; false if it does not. */
export async function modelIsWritten(
  runDir: string,
  { steps }: TrainedNetwork,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + 1000 * patienceSeconds;
  while (performance.now() < end) {
    const state = await readFitState(runDir);
    if (state?.trained?.steps === steps) return true;
    await setTimeout(pollMilliseconds);
    throwIfCancelled(signal);
  }
  return false;
}
