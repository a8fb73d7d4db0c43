import { Classifier, fit as fitModel } from '@flc-native/classifier';
import { train } from '@flc-native/core-native';
import { compare } from '@flc-native/experiment';
import { RandomWalk, randomWalker } from '@flc-native/imaging';
import { generatePhantom, prepareDataset, segmentLesion } from '@flc-native/pipeline';
import { writeReport } from '@flc-native/report';
import { crossValidate, gridSearch, SupportVectorClassifier } from '@flc-native/svm';

/** What a caller has who takes a signal himself; under exactOptionalPropertyTypes it fits only where undefined does. */
interface Own {
  readonly signal?: AbortSignal | undefined;
}
type First<F extends (...args: never[]) => unknown> = Parameters<F>[0];
declare function given<T>(): T;

export async function passOn({ signal }: Own, classifier: Classifier): Promise<void> {
  await gridSearch({ ...given<First<typeof gridSearch>>(), signal });
  await crossValidate({ ...given<First<typeof crossValidate>>(), signal });
  await new SupportVectorClassifier({ kernel: 'rbf', C: 1 }).fit([], [], undefined, { signal });
  await classifier.classifyLesion({ ...given<First<Classifier['classifyLesion']>>(), signal });
  await classifier.predictPatches({ ...given<First<Classifier['predictPatches']>>(), signal });
  await fitModel({ ...given<First<typeof fitModel>>(), signal });
  train({ ...given<First<typeof train>>(), signal });
  await randomWalker({ ...given<First<typeof randomWalker>>(), signal });
  await prepareDataset(given(), 'out', {}, { signal });
  await segmentLesion({ ...given<First<typeof segmentLesion>>(), signal });
  await generatePhantom({ ...given<First<typeof generatePhantom>>(), signal });
  await compare({ ...given<First<typeof compare>>(), signal });
  await writeReport({ ...given<First<typeof writeReport>>(), signal });
}

export async function dispose(): Promise<void> {
  using classifier = await Classifier.load('model');
  using walk = await RandomWalk.create(given());
  using machine = SupportVectorClassifier.load({});
  await classifier.labelMap([]);
  await walk.solve(new Uint8Array());
  machine.predict([]);
}

/** Other options too are given as undefined by those who pass them on. */
export async function leaveOut(undefinedFolds: number | undefined): Promise<void> {
  await crossValidate({ ...given<First<typeof crossValidate>>(), folds: undefinedFolds });
  await generatePhantom({ out: 'out', lesions: 1, seed: 1, workers: undefined, size: undefined });
  await writeReport({ ...given<First<typeof writeReport>>(), prepared: undefined });
  await fitModel({ ...given<First<typeof fitModel>>(), resume: undefined, onEvent: undefined });
}
