import { connectedComponents, type Size } from '@flc-native/imaging';

/** A long stroke crosses different tissue: it counts as several of this many voxels. */
const longestPiece = 8;
/** More pieces of a label are thinned out evenly. */
const mostPieces = 8;

/** The voxels of a label by stroke: connected seeds, long ones cut. */
export function strokePieces(seeds: Uint8Array, size: Size, label: number): number[][] {
  const mask = seeds.map((value) => (value === label ? 1 : 0));
  const { labels, count } = connectedComponents(mask, size, 26);
  const strokes = Array.from({ length: count }, (): number[] => []);
  labels.forEach((stroke, voxel) => {
    if (stroke > 0) strokes[stroke - 1]?.push(voxel);
  });
  const pieces = strokes.flatMap((voxels) => {
    const length = Math.ceil(voxels.length / Math.ceil(voxels.length / longestPiece));
    return Array.from({ length: Math.ceil(voxels.length / length) }, (_, i) =>
      voxels.slice(i * length, (i + 1) * length),
    );
  });
  const step = Math.max(1, pieces.length / mostPieces);
  return pieces.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
