import { describe, expect, it } from 'vitest';
import { RandomWalk, type RandomWalkProblem, randomWalker } from '../src/index.js';
import { largestDifference } from './reference.js';

const size = [48, 48, 16] as const;
const voxels = 48 * 48 * 16;
/** A bar of value 1 in 0, with noise. */
const image = Float32Array.from({ length: voxels }, (_, i) => {
  const inside = i % 48 > 14 && i % 48 < 34 && i > voxels / 4 ? 1 : 0;
  return inside + (0.4 * ((i * 7919) % 1009)) / 1009;
});
const seeds = new Int32Array(voxels).fill(2, 0, 5).fill(1, voxels / 2 + 22, voxels / 2 + 27);
const problem: RandomWalkProblem = { images: [image], size, labels: 2 };
const strokes: [label: number, voxels: number[]][] = [
  [2, [5000, 5001, 5002, 5003, 5004]],
  [1, [28822, 28823, 28824, 28825, 28826]],
  [2, [30000, 30001, 30002, 30003, 30004]],
];
const cancelled = { code: 'CANCELLED' };

/** A walk that has answered the first seeds. */
async function begun(change: Partial<RandomWalkProblem> = {}): Promise<RandomWalk> {
  const walk = await RandomWalk.create({ ...problem, ...change });
  await walk.solve(seeds);
  return walk;
}

describe('RandomWalk', () => {
  it('answers strokes as a solution from nothing does', async () => {
    const walk = await begun();
    const all = Int32Array.from(seeds);
    for (const [label, stroke] of strokes) {
      for (const voxel of stroke) all[voxel] = label;
      const answer = await walk.addSeeds(label, stroke);
      const cold = await randomWalker({ ...problem, seeds: all });
      expect([answer.reused, cold.reused]).toEqual([true, false]);
      expect(answer.residual).toBeLessThanOrEqual(1e-6);
      expect(answer.labels).toEqual(cold.labels);
      expect(largestDifference(answer.probabilities, cold.probabilities)).toBeLessThan(1e-5);
    }
    walk.close();
  });

  it('prepares anew when a seed is taken away or gets another label', async () => {
    for (const label of [0, 2]) {
      const walk = await begun();
      const changed = Int32Array.from(seeds).fill(label, voxels / 2 + 22, voxels / 2 + 24);
      const answer = await walk.addSeeds(label, [voxels / 2 + 22, voxels / 2 + 23]);
      const cold = await randomWalker({ ...problem, seeds: changed });
      expect(answer.reused).toBe(false);
      expect(answer.labels).toEqual(cold.labels);
      expect(largestDifference(answer.probabilities, cold.probabilities)).toBeLessThan(1e-5);
      walk.close();
    }
  });

  it('answers calls in turn, and finishes what runs when closed', async () => {
    const [walk, other] = [await begun(), await begun()];
    const together = Promise.all(strokes.map(([label, at]) => walk.addSeeds(label, at)));
    const inTurn = [];
    for (const [label, at] of strokes) inTurn.push(await other.addSeeds(label, at));
    expect(await together).toEqual(inTurn);
    const [last, queued] = [
      walk.solve(seeds),
      walk.addSeeds(...(strokes[0] as [number, number[]])),
    ];
    walk[Symbol.dispose]();
    expect((await last).labels).toHaveLength(voxels);
    expect((await queued).labels).toHaveLength(voxels);
    other.close();
  });

  it('is the same for any number of threads', async () => {
    const [one, three] = [await begun({ threads: 1 }), await begun({ threads: 3 })];
    for (const [label, stroke] of strokes) {
      expect(await three.addSeeds(label, stroke)).toEqual(await one.addSeeds(label, stroke));
    }
    one.close();
    three.close();
  });

  it('goes on after a signal, without the stroke that it ended', async () => {
    const [walk, other] = [await begun(), await begun()];
    const [first, second] = strokes as [(typeof strokes)[0], (typeof strokes)[0]];
    const controller = new AbortController();
    const walking = walk.addSeeds(...first, { signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    await expect(walking).rejects.toMatchObject(cancelled);
    const signal = AbortSignal.abort();
    await expect(walk.addSeeds(...first, { signal })).rejects.toMatchObject(cancelled);
    expect(await walk.addSeeds(...second)).toEqual(await other.addSeeds(...second));
    walk.close();
    other.close();
  });

  it('refuses work once closed', async () => {
    const walk = await begun();
    walk.close();
    walk.close();
    const refused = { code: 'INVALID_CONFIG', message: 'the random walk has been closed' };
    await expect(walk.solve(seeds)).rejects.toMatchObject(refused);
    await expect(walk.addSeeds(1, [7])).rejects.toMatchObject(refused);
  });

  it('refuses what is no problem or no stroke', async () => {
    const short = { ...problem, images: [image.subarray(1)] };
    await expect(RandomWalk.create(short)).rejects.toMatchObject({ code: 'DATA_ERROR' });
    const negative = { ...problem, beta: -1 };
    await expect(RandomWalk.create(negative)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    const walk = await RandomWalk.create(problem);
    await expect(walk.addSeeds(1, [7])).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await walk.solve(seeds);
    const outside = { code: 'DATA_ERROR', details: { what: 'voxels' } };
    await expect(walk.addSeeds(1, [voxels])).rejects.toMatchObject(outside);
    await expect(walk.addSeeds(1, [1.5])).rejects.toMatchObject(outside);
    const stranger = { code: 'DATA_ERROR', details: { what: 'seeds' } };
    await expect(walk.addSeeds(3, [7])).rejects.toMatchObject(stranger);
    await expect(walk.addSeeds(-1, [7])).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(walk.solve(seeds.subarray(1))).rejects.toMatchObject(stranger);
    expect((await walk.addSeeds(1, [7])).reused).toBe(true);
    walk.close();
  });
});
