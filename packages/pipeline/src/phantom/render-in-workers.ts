import { Worker } from 'node:worker_threads';
import { abortWith, FlcError, toFlcError } from '@flc-native/errors';
import { compiledWorker } from '../threads/compiled-worker.js';
import type { WorkerInput, WorkerReply } from './case-worker.js';
import type { CasePlan } from './cohort-plan.js';
import type { CaseTruth } from './truth.js';

/**
 * Renders the cases of a cohort in threads; each takes the next case when it is free. The result is in the order of the
 * plans and does not depend on the number of threads.
 *
 * @throws FlcError CANCELLED on abort, else the first case's error; all threads are stopped first
 */
export async function renderInWorkers(
  input: WorkerInput,
  plans: readonly CasePlan[],
  numWorkers: number,
  signal: AbortSignal | undefined,
  report: (caseId: string) => void,
): Promise<CaseTruth[]> {
  const workers: Worker[] = [];
  const truths = new Array<CaseTruth>(plans.length);
  let next = 0;
  let release = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      release = abortWith(signal, () => {
        const options = { cause: signal?.reason };
        reject(new FlcError('CANCELLED', 'Generating the cohort was cancelled', options));
      });
      let done = 0;
      for (let i = 0; i < numWorkers; i++) {
        const worker = new Worker(compiledWorker('phantom/case-worker'), {
          workerData: input,
        });
        workers.push(worker);
        let current: CasePlan | undefined;
        const sendNext = () => {
          current = plans[next++];
          if (current !== undefined) worker.postMessage(current);
        };
        worker.on('message', (reply: WorkerReply) => {
          if ('error' in reply) return reject(FlcError.fromJSON(reply.error));
          if (current === undefined) return;
          truths[current.index] = reply.truth;
          report(current.id);
          done++;
          if (done === plans.length) resolve();
          else sendNext();
        });
        worker.on('error', (thrown) => reject(toFlcError(thrown)));
        worker.on('exit', (exitCode) => {
          reject(
            new FlcError('INTERNAL', 'A rendering thread ended early', { details: { exitCode } }),
          );
        });
        sendNext();
      }
    });
  } finally {
    release();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return truths;
}
