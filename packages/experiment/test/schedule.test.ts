import { describe, expect, it } from 'vitest';
import { type Demand, ProgressSum, runWithin, type TableProgress } from '../src/index.js';

interface Piece extends Demand {
  readonly name: string;
}

/** Pieces that end when told to, and what ran at the same time. */
function stage() {
  const running = new Set<Piece>();
  const started: string[] = [];
  const ends = new Map<string, (error?: unknown) => void>();
  const together: Piece[][] = [];
  return {
    started,
    together,
    run: (piece: Piece) =>
      new Promise<void>((resolve, reject) => {
        running.add(piece);
        started.push(piece.name);
        together.push([...running]);
        ends.set(piece.name, (error) => {
          running.delete(piece);
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
    async end(name: string, error?: unknown) {
      ends.get(name)?.(error);
      await new Promise(setImmediate);
    },
  };
}

const piece = (name: string, cores: number, memory: number, device?: string): Piece => ({
  ...{ name, cores, memory },
  ...(device === undefined ? {} : { device }),
});

describe('runWithin', () => {
  it('keeps cores and memory within the capacity, and lets small work pass large', async () => {
    const { run, end, started, together } = stage();
    const work = [piece('a', 1, 100), piece('b', 2, 100), piece('c', 1, 950), piece('d', 1, 100)];
    const done = runWithin({ cores: 2, memory: 1000 }, work, run);
    expect(started).toEqual(['a', 'd']);
    await end('a');
    // b needs both cores, c more memory than d leaves.
    expect(started).toEqual(['a', 'd']);
    await end('d');
    expect(started).toEqual(['a', 'd', 'b']);
    await end('b');
    await end('c');
    await done;
    for (const pieces of together) {
      expect(pieces.reduce((sum, { cores }) => sum + cores, 0)).toBeLessThanOrEqual(2);
      expect(pieces.reduce((sum, { memory }) => sum + memory, 0)).toBeLessThanOrEqual(1000);
    }
  });

  it('runs alone what asks for more than there is, and one piece a device', async () => {
    const { run, end, started } = stage();
    const work = [
      piece('gpu 1', 1, 1, 'cuda:0'),
      piece('gpu 2', 1, 1, 'cuda:0'),
      piece('huge', 1, 9e9),
    ];
    const done = runWithin({ cores: 8, memory: 1000 }, work, run);
    expect(started).toEqual(['gpu 1']);
    await end('gpu 1');
    expect(started).toEqual(['gpu 1', 'gpu 2']);
    await end('gpu 2');
    expect(started).toEqual(['gpu 1', 'gpu 2', 'huge']);
    await end('huge');
    await done;
  });

  it('starts nothing after a failure, and waits for what runs', async () => {
    const { run, end, started } = stage();
    const work = [piece('a', 1, 1), piece('b', 1, 1), piece('c', 1, 1)];
    let settled = false;
    const done = runWithin({ cores: 2, memory: 10 }, work, run).finally(() => {
      settled = true;
    });
    const failure = expect(done).rejects.toThrow('broken');
    await end('a', new Error('broken'));
    expect(started).toEqual(['a', 'b']);
    expect(settled).toBe(false);
    await end('b');
    await failure;
  });
});

describe('ProgressSum', () => {
  it('weighs jobs by their work and never runs back', () => {
    const seen: TableProgress[] = [];
    const sum = new ProgressSum(
      new Map([
        ['small', 1],
        ['large', 9],
      ]),
      (progress) => seen.push(progress),
    );
    sum.update('large', 0.5, 'training');
    sum.update('large', 0.4, 'label maps');
    sum.end('small');
    expect(seen.map(({ done, total }) => done / total)).toEqual([0.45, 0.45, 0.55]);
    expect(seen[2]?.note).toBe('large: label maps');
  });
});
