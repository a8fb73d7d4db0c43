/** The process of one job: memory and libtorch's threads are its own, and it dies alone. */
import { serveTask } from '@flc-native/classifier';
import { runJob } from './run-job.js';
import type { Job } from './settings.js';

/** Share of the job that is done, 0 to 1, and the stage it is in. */
export interface JobProgress {
  readonly done: number;
  readonly stage: string;
}

serveTask<Job, JobProgress, void>((job, { signal, tell }) =>
  runJob(job, signal, (done, stage) => tell({ done, stage })),
);
