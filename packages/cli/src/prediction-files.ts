import { join } from 'node:path';
import type { EvaluationResult } from '@flc-native/classifier';
import type { SampleImage } from '@flc-native/report';

/**
 * Writes predictions.json, predictions.csv and a picture of every label map.
 *
 * @param loadSample the pixels of a slice by its id
 */
export async function writePredictions(
  out: string,
  json: unknown,
  result: EvaluationResult,
  phases: readonly string[],
  loadSample: (sampleId: string) => Promise<SampleImage | undefined>,
): Promise<void> {
  const { formatPng, lesionPicture, predictionsCsv } = await import('@flc-native/report');
  const { writeFileAtomic } = await import('@flc-native/pipeline');
  await writeFileAtomic(join(out, 'predictions.json'), `${JSON.stringify(json, null, 2)}\n`);
  await writeFileAtomic(join(out, 'predictions.csv'), predictionsCsv([result]));
  const labelMaps = new Map(result.labelMaps.map((map) => [map.sampleId, map]));
  for (const { id, predicted, proportions, sliceIds } of result.predictions) {
    for (const sampleId of sliceIds) {
      const sample = await loadSample(sampleId);
      if (sample === undefined) continue;
      const picture = lesionPicture({
        sample,
        phases,
        classes: result.classes,
        labelMap: labelMaps.get(sampleId),
        proportions,
        caption: `decision: ${predicted}`,
      });
      const name = sliceIds.length === 1 ? id : sampleId;
      // Ids hold pseudonyms, keys and numbers, separated by slashes.
      const file = join(out, 'label-maps', `${name.replaceAll('/', '_')}.png`);
      await writeFileAtomic(file, formatPng(picture));
    }
  }
}
