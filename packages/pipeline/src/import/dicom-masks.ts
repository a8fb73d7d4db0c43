import { groupBy } from '../collections/group-by.js';
import type { DicomStack } from '../dicom/stack.js';
import type { OrganName } from '../phase-rules/organ-hu.js';
import type { ImportedImage, ImportedLesion, ImportedMask, SourceRef } from './imported.js';
import { className, classOfText, isLesionName } from './lesion-class.js';
import type { MaskObjects } from './masks-of-study.js';
import { drawnOn, nameApartFromPhase } from './phase-in-name.js';

/** Masks of a study from SEG and RTSTRUCT objects, by the labels of segments. */
export interface DicomMasks {
  readonly lesions: readonly ImportedLesion[];
  readonly liver?: SourceRef | undefined;
  /** Organs whose HU tell the phase. */
  readonly organs: Readonly<Partial<Record<OrganName, SourceRef>>>;
}

interface NamedMask {
  readonly name: string;
  readonly input: SourceRef;
  readonly referencedSeries?: string | undefined;
}

/** What masks of a study may have been drawn on. */
export interface StudyImages {
  readonly stacks: readonly DicomStack[];
  readonly images: readonly ImportedImage[];
}

/**
 * Sorts segments and ROIs of a study by their labels: lesions ("Mass", "HCC", "Tumor 1" ...), the
 * liver, aorta and portal vein. They are placed by geometry, so a lesion belongs to whichever image
 * is the reference; where the object refers to a series of one image only, or its label says the phase, to that image.
 * Labels that differ in the phase only are one lesion.
 */
export function dicomMasks(
  scan: MaskObjects,
  study: StudyImages,
  classMap: Readonly<Record<string, string>>,
): DicomMasks {
  const masks: NamedMask[] = [
    ...scan.segmentations.flatMap(({ file, segments, referencedSeries }) =>
      segments.map(({ number, label, codeMeaning }) => ({
        name: isLesionName(label) || organOf(label) !== undefined ? label : (codeMeaning ?? label),
        input: { dicom: file, segment: number },
        referencedSeries,
      })),
    ),
    ...scan.structureSets.flatMap(({ file, rois }) =>
      rois.map(({ name }) => ({ name, input: { dicom: file, roi: name } })),
    ),
  ];
  const organs: Partial<Record<OrganName, SourceRef>> = {};
  for (const { name, input } of masks) {
    const organ = organOf(name);
    if (organ !== undefined) organs[organ] ??= input;
  }
  const drawn = masks.filter(({ name }) => organOf(name) === undefined && isLesionName(name));
  const groups = lesionsOfMasks(
    drawn.map((mask) => ({ ...mask, ...placeOf(mask, study) })),
    modalityOf(study),
  );
  const lesions = groups.map((masks): ImportedLesion => {
    const known = classOfText((masks[0] as PlacedMask).name);
    return {
      masks: masks.map(({ image, phase, input }) => ({ image, phase, input })),
      components: groups.length === 1 ? 'split' : undefined,
      class: known === undefined ? null : className(known, classMap),
    };
  });
  return { lesions, liver: organs.liver, organs };
}

type Modality = 'CT' | 'MR';

type PlacedMask = NamedMask & Pick<ImportedMask, 'image' | 'phase'>;

/** Masks of the same name but for the phase are one lesion if each was drawn on an image of its own, be it here or not. */
function lesionsOfMasks(
  masks: readonly PlacedMask[],
  modality: Modality | undefined,
): (readonly PlacedMask[])[] {
  const sameName = [...groupBy(masks, ({ name }) => nameApartFromPhase(name, modality)).values()];
  return sameName.flatMap((group) => {
    const places = group.map(({ image, phase }) => image ?? (phase && `phase ${phase}`));
    const apart = new Set(places).size === group.length && !places.includes(undefined);
    return apart ? [group] : group.map((mask) => [mask]);
  });
}

function placeOf(
  { name, referencedSeries }: NamedMask,
  study: StudyImages,
): Pick<ImportedMask, 'image' | 'phase'> {
  const { stacks, images } = study;
  const image = onlyStack(stacks, referencedSeries);
  const said = drawnOn(name, images, modalityOf(study));
  if (image === undefined) return said;
  // A series that cannot be used is no image: only the label may tell of which phase it would have been.
  return images.some(({ key }) => key === image) ? { image } : { image, phase: said.phase };
}

function modalityOf({ images }: StudyImages): Modality | undefined {
  return images[0]?.facts.modality;
}

/** The stack of a series that is one stack; a series of several acquisitions says nothing. */
function onlyStack(stacks: readonly DicomStack[], series: string | undefined): string | undefined {
  if (series === undefined) return undefined;
  const same = stacks.filter(({ seriesUid }) => seriesUid === series);
  return same.length === 1 ? same[0]?.key : undefined;
}

function organOf(name: string): OrganName | undefined {
  if (isLesionName(name)) return undefined;
  if (/aort/i.test(name)) return 'aorta';
  if (/portal|pfortader|porta\b/i.test(name)) return 'portal';
  if (/^\W*(whole )?(liver|leber|foie|hepar)/i.test(name)) return 'liver';
  return undefined;
}
