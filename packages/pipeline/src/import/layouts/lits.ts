import { counted } from '../../text/counted.js';
import type { LayoutAdapter } from '../adapter.js';
import { singlePhaseCases } from '../single-phase.js';

const pattern = /(^|\/)(volume|segmentation)-(\d+)\.nii(\.gz)?$/;

/** Liver Tumor Segmentation Challenge 2017. */
export const lits: LayoutAdapter = {
  name: 'lits',
  title: 'LiTS 2017 (CT, 131 cases, portal venous, lesions without classes)',
  modality: 'CT',
  licence: 'CC BY-NC-SA 4.0 as far as known: no commercial use; read the terms of the challenge',
  source: 'https://competitions.codalab.org/competitions/17094',
  form: 'volume-<n>.nii and segmentation-<n>.nii',
  detect(tree) {
    const kinds = tree.files.map((file) => pattern.exec(file)?.[2]);
    const masks = kinds.filter((kind) => kind === 'segmentation').length;
    const images = kinds.filter((kind) => kind === 'volume').length;
    if (masks === 0 || images === 0) return undefined;
    return {
      confidence: 0.95,
      reason: `${counted(images, 'file')} volume-<n>.nii, ${counted(masks, 'file')} segmentation-<n>.nii`,
    };
  },
  async read(tree, context) {
    const at = (kind: string) =>
      new Map(
        tree.files.flatMap((file) => {
          const match = pattern.exec(file);
          return match?.[2] === kind ? [[match[3] as string, tree.path(file)] as const] : [];
        }),
      );
    const [images, masks] = [at('volume'), at('segmentation')];
    const skipped = [...masks.keys()]
      .filter((number) => !images.has(number))
      .map((number) => ({ name: `segmentation-${number}`, reason: 'a mask without an image' }));
    const files = [...images].map(([number, image]) => ({
      name: `volume-${number}`,
      image,
      mask: masks.get(number),
    }));
    return singlePhaseCases(files, skipped, context);
  },
};
