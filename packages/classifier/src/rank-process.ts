/** One of the processes of `fitInProcesses` or `evaluateInProcesses`. */
import { readPrepared } from '@flc-native/pipeline';
import { evaluate } from './evaluate.js';
import { fit } from './fit.js';
import type { EvaluateJob, FitJob, RankTask, RankTasks, RankWork } from './rank-tasks.js';
import { serveTask, type TaskSurroundings } from './serve-task.js';

type Surroundings<Task extends RankTask> = TaskSurroundings<RankTasks[Task]['event']>;

serveTask<RankWork, RankTasks[RankTask]['event'], RankTasks[RankTask]['result']>(
  (work, surroundings) =>
    work.task === 'fit' ? runFit(work.job, surroundings) : runEvaluate(work.job, surroundings),
);

async function runFit({ prepared, ...job }: FitJob, { signal, tell }: Surroundings<'fit'>) {
  return await fit({ ...job, prepared: await readPrepared(prepared), signal, onEvent: tell });
}

async function runEvaluate(
  { prepared, ...job }: EvaluateJob,
  { signal, tell }: Surroundings<'evaluate'>,
) {
  return await evaluate({
    ...job,
    prepared: await readPrepared(prepared),
    signal,
    onProgress: (done, total) => tell({ type: 'progress', done, total }),
    onNotice: (message) => tell({ type: 'notice', message }),
  });
}
