import { counted } from '../../text/counted.js';
import type { LayoutAdapter } from '../adapter.js';
import type { SkippedCase } from '../imported.js';
import { singlePhaseCases } from '../single-phase.js';

const pattern = /(^|\/)(imagesTr|labelsTr|imagesTs)\/(liver_\d+)\.nii(\.gz)?$/;

/** Medical Segmentation Decathlon, task 3: the training cases of LiTS. */
export const msdLiver: LayoutAdapter = {
  name: 'msd-liver',
  title: 'MSD Task03_Liver (CT, 131 cases, portal venous, lesions without classes)',
  modality: 'CT',
  licence: 'CC BY-SA 4.0: name the source, share alike',
  source: 'http://medicaldecathlon.com',
  form: 'imagesTr/liver_<n>.nii.gz and labelsTr/liver_<n>.nii.gz',
  detect(tree) {
    const found = tree.files.filter((file) => pattern.exec(file)?.[2] === 'imagesTr').length;
    return found === 0
      ? undefined
      : { confidence: 0.95, reason: `${counted(found, 'file')} imagesTr/liver_<n>.nii.gz` };
  },
  async read(tree, context) {
    const at = (folder: string) =>
      new Map(
        tree.files.flatMap((file) => {
          const match = pattern.exec(file);
          return match?.[2] === folder ? [[match[3] as string, tree.path(file)] as const] : [];
        }),
      );
    const [images, masks] = [at('imagesTr'), at('labelsTr')];
    const skipped: SkippedCase[] = [
      ...[...at('imagesTs').keys()].map((name) => ({ name, reason: 'a test case without a mask' })),
      ...[...masks.keys()]
        .filter((name) => !images.has(name))
        .map((name) => ({ name, reason: 'a mask without an image' })),
    ];
    const files = [...images].map(([name, image]) => ({ name, image, mask: masks.get(name) }));
    return singlePhaseCases(files, skipped, context);
  },
};
