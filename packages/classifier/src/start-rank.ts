import { FlcError } from '@flc-native/errors';
import { type ChildTask, type Death, startChildTask, taskScript } from './child-task.js';
import type { RankTask, RankTasks } from './rank-tasks.js';

export interface StartOptions<Task extends RankTask> {
  readonly rank: number;
  readonly job: RankTasks[Task]['job'];
  readonly onEvent: (event: RankTasks[Task]['event']) => void;
  /** What to do when the process dies. */
  readonly remedy: string;
}

/** Starts one of the processes that share a piece of work. */
export function startRank<Task extends RankTask>(
  task: Task,
  { rank, job, onEvent, remedy }: StartOptions<Task>,
): ChildTask<RankTasks[Task]['result']> {
  return startChildTask({
    script: taskScript(import.meta.url, 'rank-process'),
    job: { task, job },
    onEvent,
    name: `the process of rank ${rank}`,
    deathError: (death) => deathError(rank, death, remedy),
  });
}

function deathError(rank: number, death: Death, remedy: string): FlcError {
  const how = death.signal === null ? 'ended unexpectedly' : `was killed by ${death.signal}`;
  const details = { rank, ...death };
  return new FlcError('INTERNAL', `The process of rank ${rank} ${how}`, { details, remedy });
}
