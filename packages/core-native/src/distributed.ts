import { addon } from './addon.js';
import { unwrap } from './native-error.js';

/** Which of several processes that train together this one is. */
export interface DistributedOptions {
  /** 0 to worldSize - 1; rank 0 writes the files. */
  readonly rank: number;
  /** Number of processes. */
  readonly worldSize: number;
  /** `host:port` where rank 0 listens and the others find it. */
  readonly store: string;
  /** Rank among the processes of this machine: its GPU. */
  readonly localRank?: number;
  /** Processes of this machine, which share its cores. */
  readonly localWorldSize?: number;
  /** How long a process waits for another one before it gives up; default 300. */
  readonly timeoutSeconds?: number;
}

/** A place among the processes, complete and checked. */
export type Placement = Required<DistributedOptions> & {
  readonly storeIsServed: boolean;
  readonly attempt: number;
};

/**
 * What `distributed` says, else the variables of torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT) or SLURM;
 * null for a process that trains alone, which `false` asks for whatever the environment says.
 *
 * @throws FlcError INVALID_CONFIG for an environment that is set in part; `details.key` names the missing variable
 */
export function resolvePlacement(
  distributed?: DistributedOptions | Placement | false,
): Placement | null {
  if (distributed === false) return null;
  return unwrap(addon().resolvePlacement(distributed ?? null)) as Placement | null;
}
