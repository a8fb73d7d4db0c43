import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

const usage = `  --quick          tiny sizes: shows that everything runs, measures nothing
  --json FILE      results as JSON
  --repeats N      interleaved rounds
  --threads N      CPU threads of every contender (default: all)
  --only a,b       these contenders alone
  --peer-only      without the native side
  --compile        torch.compile of the peer as well
  --device NAME    cuda or cuda:N, where a benchmark is of the GPU
`;

/**
 * The flags that all benchmarks share. Exits with the usage on a wrong one.
 *
 * @param {Record<string, { type: 'string' | 'boolean' }>} [more] flags of this benchmark alone
 */
export function readOptions(more = {}) {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        repeats: { type: 'string' },
        threads: { type: 'string' },
        only: { type: 'string' },
        'peer-only': { type: 'boolean', default: false },
        compile: { type: 'boolean', default: false },
        device: { type: 'string' },
        ...more,
      },
    });
    // Two benchmarks run side by side under --quick, and threads that wait for a core by spinning would take it from the other.
    const threads = Number(values.threads ?? (values.quick ? 1 : availableParallelism()));
    const repeats = Number(values.repeats ?? (values.quick ? 1 : 5));
    if (!(threads >= 1 && repeats >= 1)) throw new Error('--threads and --repeats take 1 or more');
    return { ...values, threads, repeats, peerOnly: values['peer-only'] };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/**
 * @param {{ name: string, side: string, compile?: boolean, full?: boolean }[]} entries `full`: not under --quick, where each start counts
 * @param {ReturnType<typeof readOptions>} options
 */
export function selectEntries(entries, options) {
  const names = options.only?.split(',');
  const unknown = names?.filter((name) => !entries.some((entry) => entry.name === name)) ?? [];
  if (unknown.length > 0) {
    process.stderr.write(
      `--only: ${unknown} is none of ${entries.map((e) => e.name).join(', ')}\n`,
    );
    process.exit(2);
  }
  const chosen = entries.filter((entry) => {
    if (options.peerOnly && entry.side === 'ours') return false;
    if (names) return names.includes(entry.name);
    if (options.quick && entry.full) return false;
    return options.compile || !entry.compile;
  });
  // Nothing is large enough to need the memory for itself.
  return options.quick ? chosen.map((entry) => ({ ...entry, rare: false })) : chosen;
}
