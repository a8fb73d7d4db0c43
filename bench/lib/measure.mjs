import { start } from './contenders.mjs';

/**
 * Interleaved repeats: in each round every contender runs once, so that a slow moment of the machine meets
 * all of them. The first `discard` results of a run are warm-up. Contenders marked `rare` run once, alone,
 * before the rounds: they need too much memory to wait beside the others. One that cannot start is left out
 * with its reason, unless it is ours.
 *
 * @param {{ name: string, side: 'ours' | 'peer', variant: string, config?: object, rare?: boolean }[]} entries
 * @param {{ task: string, directory: string, threads: number, device?: string, batchSize?: number, stride?: number,
 *   repeats: number, runs: number, discard: number, outputs?: boolean }} options
 */
export async function measure(entries, options) {
  const { repeats, runs, discard, outputs, ...setup } = options;
  const contenders = [];
  const missing = [];

  const run = async (entry) => {
    const answer = await entry.contender.request('run', { count: runs });
    entry.seconds.push(...answer.seconds.slice(discard));
    entry.losses = answer.losses ?? [];
    const latest = answer.seconds.map((value) => value.toFixed(2)).join(' ');
    process.stderr.write(`${entry.name}: ${latest} s\n`);
  };
  const finish = async (entry) => {
    const { peak, device } = await entry.contender.request('memory');
    entry.memoryBytes = peak - entry.facts.base;
    if (device > 0) entry.deviceBytes = device;
    if (outputs) entry.logits = (await entry.contender.request('outputs')).logits;
    await entry.contender.close();
  };

  try {
    const attempt = async (entry, work) => {
      try {
        await work();
      } catch (error) {
        if (entry.side === 'ours') throw error;
        missing.push({ name: entry.name, reason: error.message.split('\n')[0] });
      }
    };
    const open = async (entry) => {
      const started = { ...(await start(entry, setup)), seconds: [] };
      contenders.push(started);
      return started;
    };
    for (const entry of entries.filter(({ rare }) => rare)) {
      await attempt(entry, async () => {
        const started = await open(entry);
        await run(started);
        await finish(started);
      });
    }
    const others = entries.filter(({ rare }) => !rare);
    await settled(others.map((entry) => attempt(entry, () => open(entry))));
    for (const entry of [...contenders].filter(({ rare }) => !rare)) {
      // Compilation and the libraries' caches are no part of any repeat.
      await attempt(entry, () => entry.contender.request('run', { count: 1 }));
    }
    const measured = entries.flatMap(({ name }) => {
      const absent = missing.some((entry) => entry.name === name);
      return absent ? [] : contenders.filter((entry) => entry.name === name);
    });
    const waiting = measured.filter(({ rare }) => !rare);
    for (let round = 0; round < repeats; round += 1) {
      for (const entry of waiting) await run(entry);
    }
    for (const entry of waiting) await finish(entry);
    const results = measured.map(({ contender, facts, rare, ...result }) => ({
      ...result,
      median: median(result.seconds),
    }));
    return { results, missing, torch: measured.find(({ facts }) => facts.torch)?.facts };
  } finally {
    await Promise.all(contenders.map((entry) => entry.contender.close()));
  }
}

/** Waits for all, then fails as the first that failed: none is left running unseen. */
async function settled(promises) {
  const outcomes = await Promise.allSettled(promises);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
