/** Entry of a worker thread: takes one task at a time, answers with its outcome. */
import { parentPort } from 'node:worker_threads';
import { type CaseTask, packOutcome, runTask } from './case-task.js';

parentPort?.on('message', async (task: CaseTask) => {
  parentPort?.postMessage(await packOutcome(() => runTask(task)));
});
