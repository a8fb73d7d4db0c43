import { FlcError } from '@flc-native/errors';
import { cropRegion, pasteRegion, type Region, randomWalker } from '@flc-native/imaging';
import { requireSameGrid } from '../prepare/align-phases.js';
import { makeVolume, requireVolume, type Volume, voxelCount } from '../volume/volume.js';
import { compactWalk } from './compact-walk.js';
import { cropWide, wideRegion } from './region-image.js';
import { drawSeedImage, type SeedMark, seedValues } from './seed-image.js';
import { holdsSeeds, reachesBorder, seedRegion } from './seed-region.js';
import { resolveSegmentation, type SegmentationInput } from './segmentation-settings.js';
import { walkImages } from './walk-images.js';

/** Keeps every voxel tied to the labels, so that the walk has a solution everywhere. */
const leastPrior = 1e-6;

export interface SegmentLesionInput {
  /** One phase, or several that are registered and are segmented jointly; in LPS order. */
  readonly phases: readonly Volume[];
  readonly seeds: readonly SeedMark[];
  /** The organ: the walk stays in it (and on the seeds); default: everywhere. */
  readonly within?: Volume | undefined;
  readonly modality?: 'CT' | 'MR' | undefined;
  readonly settings?: SegmentationInput | undefined;
  /** What was found with fewer seeds: the answer then comes sooner. */
  readonly earlier?: SegmentedLesion | undefined;
  /** Threads of the solver; default one a core. No influence on the result. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SegmentedLesion {
  /** 1 inside, uint8, on the grid of the phases. */
  readonly mask: Volume;
  /** Of being lesion, 0..1; 0 outside of the region. */
  readonly probability: Volume;
  readonly voxels: number;
  readonly iterations: number;
  readonly residual: number;
  /** What may be wrong, for a person. */
  readonly warnings: readonly string[];
  /** For a later call with more seeds. */
  readonly walk: {
    readonly region: Region;
    readonly labels: number;
    readonly probabilities: Float32Array;
  };
}

/**
 * Segments a lesion from seeds by a random walk (Grady 2006), on one phase or jointly on several registered ones (Dong et
 * al. 2016 do the former). Rejects with DATA_ERROR (seeds that are missing, outside or contradictory), GEOMETRY_MISMATCH,
 * INVALID_CONFIG, CANCELLED.
 */
export async function segmentLesion(input: SegmentLesionInput): Promise<SegmentedLesion> {
  const { phases, modality = 'CT', earlier, threads, signal } = input;
  const settings = resolveSegmentation(input.settings);
  const [grid, ...others] = phases;
  if (grid === undefined) throw new FlcError('INVALID_CONFIG', 'there is no phase to segment');
  for (const [i, phase] of phases.entries()) requireVolume(phase, `phase ${i}`);
  if (input.within !== undefined) requireVolume(input.within, 'organ mask');
  const warnings = others.flatMap((phase) => requireSameGrid(grid, phase, 'a phase'));
  const seeds = drawSeedImage(input.seeds, grid);
  const before = earlier?.walk;
  const region =
    before !== undefined && holdsSeeds(before.region, seeds, grid)
      ? before.region
      : seedRegion(seeds, grid, settings.margin);
  const warm =
    before?.region === region && before.labels === seeds.count ? before.probabilities : undefined;
  const inRegion = { labels: cropRegion(seeds.labels, grid.size, region), count: seeds.count };
  const wide = wideRegion(region, grid);
  const around = walkDomain(seeds.labels, input.within, grid, wide);
  const domain = cropWide(around, { wide, region });
  const { likelihoods, ...images } = walkImages(
    phases,
    { wide, region, domain: around },
    inRegion,
    settings,
    modality,
  );
  const { walk, inside } = await compactWalk({
    likelihoods,
    walk: (priors, warmStart = warm) =>
      randomWalker({
        ...images,
        priors: priors.map((share) => Math.max(leastPrior, settings.prior * share)),
        size: region.size,
        seeds: Int16Array.from(domain, (part, i) =>
          part === 0 ? -1 : (inRegion.labels[i] as number),
        ),
        labels: seeds.count,
        ...(warmStart === undefined ? {} : { warmStart }),
        ...(threads === undefined ? {} : { threads }),
        ...(signal === undefined ? {} : { signal }),
      }),
    lesionSeeds: inRegion.labels.map((label) => (label === seedValues.lesion ? 1 : 0)),
    ...{ size: region.size, spacing: grid.spacing },
    // Without priors there is nothing that a shape could change.
    compact: settings.prior > 0 ? settings.compact : 0,
  });
  if (reachesBorder(inside, region, grid)) {
    warnings.push('the lesion reaches the border of its region: mark surroundings there');
  }
  const onGrid = <T extends Uint8Array | Float32Array>(into: T, values: T) => {
    pasteRegion(into, grid.size, region, values);
    return makeVolume(grid, into);
  };
  const count = voxelCount(grid.size);
  return {
    mask: onGrid(new Uint8Array(count), inside),
    probability: onGrid(new Float32Array(count), walk.probabilities.slice(0, inside.length)),
    voxels: inside.reduce((sum: number, v) => sum + v, 0),
    ...{ iterations: walk.iterations, residual: walk.residual, warnings },
    walk: { region, labels: seeds.count, probabilities: walk.probabilities },
  };
}

/** 1 where a voxel of the region takes part. */
function walkDomain(
  seeds: Uint8Array,
  within: Volume | undefined,
  grid: Volume,
  region: Region,
): Uint8Array {
  const marked = cropRegion(seeds, grid.size, region);
  if (within === undefined) return marked.fill(1);
  requireSameGrid(grid, within, 'the mask of the organ');
  const organ = cropRegion(
    Uint8Array.from(within.data, (v) => (v === 0 ? 0 : 1)),
    grid.size,
    region,
  );
  return organ.map((part, i) => (part !== 0 || marked[i] !== 0 ? 1 : 0));
}
