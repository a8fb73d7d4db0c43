/** One process of a training run for bench/processes.mjs: a job comes as a message, step times go back. */
import { readFileSync } from 'node:fs';
import { train } from '@flc-native/core-native';

process.once('message', async (job) => {
  const { trainPatches, validationPatches, ...rest } = job;
  const run = train({
    ...rest,
    trainPatches: Int32Array.from(trainPatches),
    validationPatches: Int32Array.from(validationPatches),
  });
  const seconds = [];
  const losses = [];
  for await (const event of run) {
    if (event.type !== 'step') continue;
    seconds.push(event.seconds);
    losses.push(event.loss);
  }
  await run.finished;
  const peak = Number(readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/)[1]) * 1024;
  process.send({ seconds, losses, peak }, () => process.disconnect());
});
