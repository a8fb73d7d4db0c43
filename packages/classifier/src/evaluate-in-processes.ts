import type { EvaluateOptions } from './evaluate.js';
import type { EvaluatedLabelMap, EvaluationResult } from './evaluation.js';
import { deviceOfGroup, type RankGroup, runRanks } from './rank-group.js';
import type { EvaluateJob } from './rank-tasks.js';

export interface EvaluateProcessesOptions extends Omit<EvaluateOptions, 'share'>, RankGroup {}

/**
 * `evaluate` in several processes of this machine, each of which classifies its share of the lesions.
 *
 * @throws FlcError what `evaluate` throws; CUDA_UNAVAILABLE with the devices there are; INTERNAL naming the rank whose process died
 */
export async function evaluateInProcesses(
  options: EvaluateProcessesOptions,
): Promise<EvaluationResult> {
  const { signal, onProgress, onNotice } = options;
  const jobs = rankJobs(options);
  const progress = jobs.map((): { done: number; total: number } | undefined => undefined);
  const results = await runRanks('evaluate', {
    jobs,
    onEvent: (rank, event) => {
      if (event.type === 'notice') return onNotice?.(event.message);
      progress[rank] = event;
      // How many there are is known when all have counted theirs.
      const known = progress.filter((own) => own !== undefined);
      if (known.length < jobs.length) return;
      const sum = (key: 'done' | 'total') => known.reduce((total, own) => total + own[key], 0);
      onProgress?.(sum('done'), sum('total'));
    },
    signal,
    // They leave nothing behind, and none waits for another.
    graceMilliseconds: 0,
    remedy: 'Evaluate again, with fewer processes if memory was short.',
  });
  return merged(results);
}

function rankJobs(options: EvaluateProcessesOptions): EvaluateJob[] {
  const {
    signal: _,
    onProgress: _done,
    onNotice: _said,
    prepared,
    processes,
    on,
    ...rest
  } = options;
  const { device, ...threads } = deviceOfGroup({ processes, on }, rest);
  return Array.from({ length: processes }, (_, index) => ({
    ...{ ...rest, ...threads, prepared: prepared.dir, share: { index, count: processes } },
    device: device === 'cuda' ? `cuda:${index}` : device,
  }));
}

/** The lesions in the order of one process: every share holds each `count`-th of them. */
function merged(results: readonly EvaluationResult[]): EvaluationResult {
  const [first] = results as [EvaluationResult];
  const count = results.reduce((sum, { predictions }) => sum + predictions.length, 0);
  const predictions = Array.from(
    { length: count },
    (_, i) =>
      results[i % results.length]?.predictions[
        Math.floor(i / results.length)
      ] as EvaluationResult['predictions'][number],
  );
  const maps = new Map(
    results.flatMap(({ labelMaps }) => labelMaps.map((map) => [map.sampleId, map] as const)),
  );
  return {
    ...first,
    predictions,
    labelMaps: predictions.flatMap(({ sliceIds }) =>
      sliceIds.map((id) => maps.get(id) as EvaluatedLabelMap),
    ),
  };
}
