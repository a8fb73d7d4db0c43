import { FlcError } from '@flc-native/errors';
import type { CaseFinding } from '../check/finding.js';
import { counted } from '../text/counted.js';
import { compareGrids } from '../volume/geometry.js';
import { uidKey } from './element-values.js';
import type { DicomScan } from './scan-dicom.js';
import type { DicomStack } from './stack.js';

/** How dataset.yaml names a stack of a folder. */
export interface StackChoice {
  readonly series?: string | undefined;
  readonly acquisition?: number | undefined;
}

/** How many stacks an error lists. */
const mostListed = 5;
/** Cosines; a scout view lies at a right angle. */
const sameDirection = 0.02;

/** The one stack of a scan that is meant. DATA_ERROR if there is none or several; `file` is for the error. */
export function chooseStack(
  { stacks, damaged }: DicomScan,
  { series, acquisition }: StackChoice,
  file: string,
): DicomStack {
  // Alone in its folder and without a series it may be a slice of any stack.
  const stray = damaged.find(
    (found) => found.seriesUid === undefined && !stacks.some((s) => s.findings.includes(found)),
  );
  if (stray !== undefined) throw unreadable(stray);
  const fitting = stacks.filter(
    (stack) =>
      (series === undefined || stack.key === series || stack.seriesUid === uidKey(series)) &&
      (acquisition === undefined || stack.acquisition === acquisition),
  );
  // A folder, and a series, mostly holds scout views too.
  const images = fitting.filter(({ imageType }) => !imageType?.includes('LOCALIZER'));
  const [only, ...others] = withoutScouts(images.length > 0 ? images : fitting);
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) throw several([only, ...others], file);
  if (damaged[0] !== undefined) throw unreadable(damaged[0]);
  throw new FlcError('DATA_ERROR', 'DICOM: the folder has no such series', {
    details: { file, series: stacks.length },
    remedy: 'check path, series and acquisition in dataset.yaml',
  });
}

/** Leaves out single slices across a volume: scouts that do not say so. */
function withoutScouts(stacks: readonly DicomStack[]): readonly DicomStack[] {
  const volumes = stacks.filter(({ slices }) => slices.length > 1);
  const scouts = stacks.filter(
    (stack) =>
      stack.slices.length === 1 &&
      volumes.every(({ grid }) => compareGrids(grid, stack.grid).direction > sameDirection),
  );
  if (volumes.length === 0 || scouts.length === 0) return stacks;
  const left: CaseFinding = {
    severity: 'warning',
    code: 'SERIES_LEFT_OUT',
    message: `${counted(scouts.length, 'single slice')} across the volume left out, as scout views`,
    remedy: 'nothing to do; if one is meant, name its series in dataset.yaml',
    file: scouts[0]?.files[0],
  };
  return stacks
    .filter((stack) => !scouts.includes(stack))
    .map((stack) => ({ ...stack, findings: [...stack.findings, left] }));
}

function unreadable({ message, file, remedy }: CaseFinding): FlcError {
  return new FlcError('DATA_ERROR', message, { details: { file }, remedy });
}

/** Keys are UIDs or hashes: they may be shown. */
function several(stacks: readonly DicomStack[], file: string): FlcError {
  const keys = stacks.slice(0, mostListed).map(({ key, acquisition, slices }) => {
    const number = acquisition === undefined ? '' : `, acquisition ${acquisition}`;
    return `${key} (${counted(slices.length, 'slice')}${number})`;
  });
  const more = stacks.length - keys.length;
  const list = [...keys, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  return new FlcError('DATA_ERROR', `DICOM: ${stacks.length} series or acquisitions fit: ${list}`, {
    details: { file },
    remedy: 'name one with series and acquisition in dataset.yaml',
  });
}
