import { start } from './contenders.mjs';

/**
 * Interleaved repeats: in each round every contender runs once, so that a slow moment of the machine meets
 * all of them. The first `discard` results of a run are warm-up. Contenders marked `rare` run in the first
 * round only. One that cannot start is left out with its reason, unless it is ours.
 *
 * @param {{ name: string, side: 'ours' | 'peer', variant: string, rare?: boolean }[]} entries
 * @param {{ task: string, directory: string, threads: number, batchSize?: number, repeats: number,
 *   runs: number, discard: number, outputs?: boolean }} options
 */
export async function measure(entries, options) {
  const { repeats, runs, discard, outputs, ...setup } = options;
  const contenders = [];
  const missing = [];
  try {
    for (const entry of entries) {
      try {
        const started = await start(entry, setup);
        // Compilation and the libraries' caches are no part of any repeat.
        if (!entry.rare) await started.contender.request('run', { count: 1 });
        contenders.push({ ...started, seconds: [], losses: [] });
      } catch (error) {
        if (entry.side === 'ours') throw error;
        missing.push({ name: entry.name, reason: error.message.split('\n')[0] });
      }
    }
    for (let round = 0; round < repeats; round += 1) {
      for (const entry of contenders) {
        if (entry.rare && round > 0) continue;
        const answer = await entry.contender.request('run', { count: runs });
        entry.seconds.push(...answer.seconds.slice(discard));
        entry.losses = answer.losses ?? [];
      }
    }
    const results = [];
    for (const { contender, name, side, variant, facts, seconds, losses } of contenders) {
      const { peak } = await contender.request('memory');
      const logits = outputs ? (await contender.request('outputs')).logits : undefined;
      const memoryBytes = peak - facts.base;
      results.push({
        name,
        side,
        variant,
        seconds,
        median: median(seconds),
        memoryBytes,
        losses,
        logits,
      });
    }
    return { results, missing, torch: contenders.find((entry) => entry.facts.torch)?.facts };
  } finally {
    await Promise.all(contenders.map((entry) => entry.contender.close()));
  }
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
