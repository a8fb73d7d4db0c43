import type { CaseFinding } from '../check/finding.js';
import type { Grid } from '../volume/volume.js';
import { unknownCharacterSet } from './character-sets.js';
import { characterSets } from './element-values.js';
import type { DicomHeader } from './read-header.js';

/** What is worth a word about a mask and the image it is placed on. */
export function maskFindings(
  { dataSet }: DicomHeader,
  frameOfReference: string | undefined,
  onto: Grid,
  file: string,
): CaseFinding[] {
  const names = characterSetFindings(characterSets(dataSet), file);
  const frames = [frameOfReference, onto.frameOfReference];
  if (frames.includes(undefined) || frames[0] === frames[1]) return names;
  const frame: CaseFinding = {
    severity: 'warning',
    code: 'FRAME_OF_REFERENCE',
    message: 'drawn in another frame of reference than that of its image',
    remedy:
      'see on the sheet of check that it lies on the lesion: positions of two frames do not compare',
    file,
  };
  return [...names, frame];
}

/** A warning for texts that cannot be decoded. */
export function characterSetFindings(sets: readonly string[], file: string): CaseFinding[] {
  const unknown = unknownCharacterSet(sets);
  if (unknown === undefined) return [];
  return [
    {
      severity: 'warning',
      code: 'CHARACTER_SET',
      message: `the character set ${JSON.stringify(unknown.slice(0, 16))} is not known: of names only ASCII is read`,
      remedy: 'name segments and regions by their number',
      file,
    },
  ];
}
