import type { LesionPrediction } from '../evaluation.js';
import type { ComparisonModel } from './comparison-model.js';

/** One tested lesion and what every method made of it. */
export interface ComparedLesion {
  readonly partition: string;
  readonly id: string;
  readonly patientId: string;
  readonly truth: string | null;
  /** In the order of the table; methods without a result for it are left out. */
  readonly decisions: readonly {
    readonly method: string;
    readonly title: string;
    readonly predicted: string;
  }[];
}

/** All tested lesions, partition after partition, in the order in which the methods evaluated them. */
export function comparedLesions(model: ComparisonModel): ComparedLesion[] {
  return model.partitions.flatMap((partition) => {
    const decided = model.methods.flatMap(({ entry, runs }) => {
      const run = runs.find((of) => of.partition === partition);
      if (run === undefined) return [];
      const { predictions } = run.evaluation;
      return [{ entry, byId: new Map(predictions.map((of) => [of.id, of])) }];
    });
    const lesions = new Map<string, LesionPrediction>();
    for (const { byId } of decided) {
      for (const [id, prediction] of byId) if (!lesions.has(id)) lesions.set(id, prediction);
    }
    return [...lesions.values()].map(({ id, patientId, truth }) => ({
      partition,
      id,
      patientId,
      truth,
      decisions: decided.flatMap(({ entry, byId }) => {
        const predicted = byId.get(id)?.predicted;
        if (predicted === undefined) return [];
        return [{ method: entry.method, title: entry.title, predicted }];
      }),
    }));
  });
}
