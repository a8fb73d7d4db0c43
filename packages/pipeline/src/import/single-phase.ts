import { throwIfCancelled } from '@flc-native/errors';
import { readVolume } from '../volume/read-volume.js';
import type { ImportContext } from './adapter.js';
import type { ImportedCase, ImportedCohort, SkippedCase } from './imported.js';
import { documented } from './layouts/documented-phase.js';
import { labelsInMask } from './mask-labels.js';

/** Image and mask of one case of a portal venous set; the mask may be missing. */
export interface SinglePhaseFiles {
  readonly name: string;
  readonly image: string;
  readonly mask?: string | undefined;
}

/** Cases of a set with one portal venous image and a mask of 1 liver and 2 lesion each. */
export async function singlePhaseCases(
  files: readonly SinglePhaseFiles[],
  skipped: readonly SkippedCase[],
  context: ImportContext,
): Promise<ImportedCohort> {
  const cases: ImportedCase[] = [];
  const healthy: string[] = [];
  for (const { name, image, mask } of files) {
    throwIfCancelled(context.signal);
    const labels = mask === undefined ? [] : await labelsInMask(mask);
    const drawn = mask !== undefined && (labels === undefined || labels.includes(2));
    if (mask !== undefined && !drawn) healthy.push(name);
    cases.push({
      id: name,
      patient: name,
      images: [
        {
          key: 'image',
          input: image,
          facts: {},
          given: documented('PV'),
          read: () => readVolume(image),
        },
      ],
      liver: mask,
      lesions: drawn
        ? [{ masks: [{ image: 'image', input: mask }], label: 2, components: 'split', class: null }]
        : [],
    });
    context.onProgress(cases.length, files.length);
  }
  const warnings = [
    {
      code: 'PHASE_BY_DOCUMENTATION',
      message: 'one image a case, taken as portal venous: most are, single cases are not',
      cases: [],
    },
    ...(healthy.length === 0
      ? []
      : [{ code: 'EMPTY_MASK', message: 'the mask holds no lesion', cases: healthy }]),
  ];
  return { cases, skipped, warnings };
}
