import { FlcError } from '@flc-native/errors';
import type { CaseFinding } from '../check/finding.js';
import { type Grid, makeVolume, type Vector3, type Volume, voxelCount } from '../volume/volume.js';
import { contourPlanes, type Polygon } from './contour-planes.js';
import { contoursOnGrid } from './contours-on-grid.js';
import { badDicom, badTag, inFile } from './dicom-error.js';
import { items, text, whole } from './element-values.js';
import { maskFindings } from './mask-findings.js';
import type { DataSet } from './parse-data-set.js';
import { type DicomHeader, readHeader } from './read-header.js';
import { type DicomStructureSet, structureSetOf } from './structure-set.js';

const roiContourSequence = 'x30060039';
const contourSequence = 'x30060040';
const contourGeometricType = 'x30060042';
const contourData = 'x30060050';
const referencedRoiNumber = 'x30060084';

/** Types of contours that enclose an area (PS3.3 C.8.8.6.3). */
const closedTypes: ReadonlySet<string> = new Set(['CLOSED_PLANAR', 'CLOSEDPLANAR_XOR']);

/**
 * A region of a structure set as a mask (0/1, uint8) on `onto`: a voxel belongs to it if its centre
 * lies within an odd number of the contours of the nearest contour plane, if that lies within half
 * the distance of the planes (so an inner contour is a hole). `roi` is a number or a name; it may
 * be left out where there is one. DATA_ERROR for a damaged file or an unknown region,
 * GEOMETRY_MISMATCH if no voxel lies within.
 */
export async function readStructureSet(
  file: string,
  roi: number | string | undefined,
  onto: Grid,
  onWarning: (finding: CaseFinding) => void = () => undefined,
): Promise<Volume> {
  try {
    const header = await readHeader(file);
    if (header === undefined) throw badDicom('not a DICOM file');
    const { rois, frameOfReference } = structureSetOf(header, file);
    maskFindings(header, frameOfReference, onto, file).forEach(onWarning);
    const number = chooseRoi(rois, roi);
    const planes = contourPlanes(polygonsOf(header, number));
    const data = new Uint8Array(voxelCount(onto.size));
    if (contoursOnGrid(planes, onto, data) === 0) {
      throw new FlcError('GEOMETRY_MISMATCH', 'no voxel lies within the contours of the region', {
        details: { roi: number },
        remedy: 'check that the structure set belongs to this series',
      });
    }
    return makeVolume(onto, data);
  } catch (thrown) {
    throw inFile(thrown, file);
  }
}

function chooseRoi(rois: DicomStructureSet['rois'], wanted: number | string | undefined): number {
  const named = String(wanted).trim().toLowerCase();
  const found = rois.filter(
    ({ number, name }) =>
      wanted === undefined || number === wanted || name.trim().toLowerCase() === named,
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.number;
  const numbers = rois.map(({ number }) => number);
  throw new FlcError(
    'DATA_ERROR',
    found.length === 0
      ? 'DICOM: the structure set has no such region'
      : `DICOM: ${found.length} regions of the structure set fit`,
    { details: { rois: numbers }, remedy: `name one by its number: ${numbers.join(', ')}` },
  );
}

function polygonsOf({ dataSet }: DicomHeader, number: number): Polygon[] {
  const regions = items(dataSet, roiContourSequence).filter(
    (item) => whole(item, referencedRoiNumber, 'referenced ROI number') === number,
  );
  const polygons = regions
    .flatMap((region) => items(region, contourSequence))
    .filter((contour) => {
      const type = text(contour, contourGeometricType, 'contour geometric type');
      return type !== undefined && closedTypes.has(type.toUpperCase());
    })
    .map(pointsOf)
    .filter((polygon) => polygon.length >= 3);
  if (polygons.length > 0) return polygons;
  throw badTag(contourSequence, 'contour sequence', 'holds no closed contour of the region');
}

/** Contour data are one decimal text, as long as it takes. */
function pointsOf(contour: DataSet): Polygon {
  const element = contour.elements[contourData];
  if (element === undefined) throw badTag(contourData, 'contour data', 'are missing');
  if (element.vr !== undefined && element.vr !== 'DS' && element.vr !== 'UN') {
    throw badTag(contourData, 'contour data', 'has a wrong value representation');
  }
  const { dataOffset, length } = element;
  const bytes = contour.byteArray.subarray(dataOffset, dataOffset + length);
  const numbers = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .split('\\')
    .map(Number);
  if (numbers.length % 3 !== 0 || !numbers.every(Number.isFinite)) {
    throw badTag(contourData, 'contour data', 'are no points of three numbers');
  }
  return Array.from(
    { length: numbers.length / 3 },
    (_, i) => numbers.slice(3 * i, 3 * i + 3) as unknown as Vector3,
  );
}
