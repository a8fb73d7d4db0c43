/** Thread that renders and writes the cases it is sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FlcErrorJson, toFlcError } from '@flc-native/errors';
import type { CasePlan } from './cohort-plan.js';
import type { CaseTruth } from './truth.js';
import { type WriteOptions, writeCase } from './write-case.js';

export interface WorkerInput {
  readonly out: string;
  readonly options: WriteOptions;
}

export type WorkerReply = { readonly truth: CaseTruth } | { readonly error: FlcErrorJson };

const { out, options } = workerData as WorkerInput;
const port = parentPort;

port?.on('message', (plan: CasePlan) => {
  writeCase(out, plan, options).then(
    (truth) => port.postMessage({ truth } satisfies WorkerReply),
    (thrown: unknown) =>
      port.postMessage({ error: toFlcError(thrown).toJSON() } satisfies WorkerReply),
  );
});
