import type { DicomScan } from '../dicom/scan-dicom.js';
import type { DicomStack } from '../dicom/stack.js';
import type { OrganName } from '../phase-rules/organ-hu.js';
import type { ImportedLesion, SourceRef } from './imported.js';
import { className, classOfText, isLesionName } from './lesion-class.js';

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

/**
 * Sorts segments and ROIs of a study by their labels: lesions ("Mass", "HCC", "Tumor 1" ...), the
 * liver, aorta and portal vein. They are placed by geometry, so a lesion belongs to whichever image
 * is the reference; where the object refers to a series of one image only, to that image.
 */
export function dicomMasks(
  scan: Pick<DicomScan, 'segmentations' | 'structureSets'>,
  stacks: readonly DicomStack[],
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
  const lesions = drawn.map(({ name, input, referencedSeries }): ImportedLesion => {
    const known = classOfText(name);
    return {
      masks: [{ image: onlyStack(stacks, referencedSeries), input }],
      components: drawn.length === 1 ? 'split' : undefined,
      class: known === undefined ? null : className(known, classMap),
    };
  });
  return { lesions, liver: organs.liver, organs };
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
