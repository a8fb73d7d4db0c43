import { FlcError, toFlcError } from '@flc-native/errors';
import type { CaseInput, CaseJob, LesionJob } from '../case/case-job.js';
import { readInput } from '../case/read-input.js';
import { judgeGrids, otherFrame } from '../prepare/align-phases.js';
import { compareGrids } from '../volume/geometry.js';
import { type Grid, gridOf, type Volume } from '../volume/volume.js';
import { checkImage, contentHash } from './check-image.js';
import { checkClass, checkLesionSize, checkMask } from './check-lesion.js';
import type { CaseFinding, FindingCode } from './finding.js';

/** What a worker tells of a case. */
export interface CheckedCase {
  readonly findings: readonly CaseFinding[];
  readonly lesions: number;
  /** Hash of the voxels of each phase that could be read. */
  readonly images: readonly {
    readonly role: string;
    readonly hash: string;
    readonly file: string;
  }[];
}

/** Checks one case completely: a problem with one input does not hide those of another. */
export async function checkCase(job: CaseJob): Promise<CheckedCase> {
  const findings: CaseFinding[] = [];
  const images: { role: string; hash: string; file: string }[] = [];
  const grids: (Grid | undefined)[] = job.phases.map(() => undefined);
  const reference = await checkPhases(job, findings, images, grids);
  let liver = job.liver && (await read(job.liver, findings, reference));
  if (liver !== undefined && job.liver !== undefined && reference !== undefined) {
    const grid = checkGrid(reference, liver, job.liver);
    findings.push(...grid);
    if (grid.some((finding) => finding.severity === 'error')) liver = undefined;
  }
  let lesions = 0;
  for (const lesion of job.lesions) {
    findings.push(...checkClass(lesion, job.classes));
    lesions += await checkLesion(job, lesion, { reference, liver, grids }, findings);
  }
  if (job.lesions.length === 0) {
    findings.push({
      severity: 'warning',
      code: 'NO_LESION',
      message: 'the case has no lesion',
      remedy: 'add one or remove the case: nothing is made of it',
    });
  }
  return { findings, lesions, images };
}

/** What is known of the images of a case when its lesions are checked. */
interface CheckedImages {
  readonly reference: Volume | undefined;
  readonly liver: Volume | undefined;
  /** Of each phase that could be read. */
  readonly grids: readonly (Grid | undefined)[];
}

/** Checks all phases; keeps the reference alone in memory and returns it. */
async function checkPhases(
  job: CaseJob,
  findings: CaseFinding[],
  images: { role: string; hash: string; file: string }[],
  grids: (Grid | undefined)[],
): Promise<Volume | undefined> {
  let reference: Volume | undefined;
  const order = [job.reference, ...job.phases.keys()].filter(
    (index, i, all) => all.indexOf(index) === i,
  );
  for (const index of order) {
    const input = job.phases[index];
    if (input === undefined) {
      findings.push({
        severity: 'error',
        code: 'MISSING_PHASE',
        message: `phase ${job.phaseNames[index]} is missing`,
        remedy: 'add its file to dataset.yaml, or remove the case',
      });
      continue;
    }
    const volume = await read(input, findings);
    if (volume === undefined) continue;
    grids[index] = gridOf(volume);
    const found = checkImage(volume, input.role, job.modality);
    findings.push(...found.map((finding) => ({ ...finding, file: input.file })));
    images.push({ role: input.role, hash: contentHash(volume), file: input.file });
    if (index === job.reference) reference = volume;
    else if (reference !== undefined) {
      findings.push(
        ...checkGrid(reference, volume, input),
        ...checkFrame(reference, volume, input),
      );
    }
  }
  return reference;
}

async function checkLesion(
  job: CaseJob,
  lesion: LesionJob,
  { reference, liver, grids }: CheckedImages,
  findings: CaseFinding[],
): Promise<number> {
  if (lesion.mask === undefined) findings.push(missingMask(job, lesion));
  let lesions = 0;
  const inputs = lesion.phaseMasks.length > 0 ? lesion.phaseMasks : [lesion.mask];
  for (const [i, input] of inputs.entries()) {
    if (input === undefined) continue;
    const onto = grids[lesion.phaseMasks.length > 0 ? i : job.reference];
    // Without its image a DICOM mask has no place, and that is reported already.
    if (input.source !== undefined && onto === undefined) continue;
    const mask = await read(input, findings, onto);
    if (mask === undefined) continue;
    const isReference = input === lesion.mask || input.role === lesion.mask?.role;
    const wrong = checkMask(mask, input.role, lesion.label);
    // A phase in which nobody drew the lesion is no reason to stop.
    const severity = isReference ? 'error' : 'warning';
    findings.push(...wrong.map((finding) => ({ ...finding, severity, file: input.file }) as const));
    if (!isReference || wrong.length > 0) continue;
    const grid = reference === undefined ? [] : checkGrid(reference, mask, input);
    findings.push(...grid);
    const onGrid = reference !== undefined && !grid.some(({ severity: s }) => s === 'error');
    const sized = checkLesionSize(lesion, mask, onGrid ? liver : undefined);
    findings.push(...sized.findings.map((finding) => ({ ...finding, file: input.file })));
    lesions = sized.lesions;
  }
  return lesions;
}

function missingMask(job: CaseJob, { key, seeds, phaseSeeds }: LesionJob): CaseFinding {
  const error = { severity: 'error', code: 'MISSING_MASK' } as const;
  if (seeds !== undefined || phaseSeeds !== undefined) {
    return {
      ...error,
      message: `${key} has seeds, but no mask yet`,
      remedy: 'run segment and go on with the dataset.yaml that it writes',
    };
  }
  return {
    ...error,
    message: `${key} has no mask on the reference phase`,
    remedy: `add a mask for ${job.phaseNames[job.reference]}`,
  };
}

function checkFrame(reference: Grid, phase: Grid, { role, file }: CaseInput): CaseFinding[] {
  if (!otherFrame(reference, phase)) return [];
  return [
    {
      severity: 'warning',
      code: 'FRAME_OF_REFERENCE',
      message: `${role}: another frame of reference than that of the reference phase`,
      remedy: 'register the phases (prepare --align), or see on the sheet that they match',
      file,
    },
  ];
}

function checkGrid(reference: Volume, volume: Volume, input: CaseInput): CaseFinding[] {
  const verdict = judgeGrids(reference, volume);
  if (verdict === 'same') return [];
  const { sameSize, spacing, direction, origin } = compareGrids(reference, volume);
  if (verdict === 'origin') {
    return [
      {
        severity: 'warning',
        code: 'ORIGIN_OFFSET',
        message: `${input.role}: same grid as the reference phase, but its origin is ${origin.toFixed(1)} mm off`,
        remedy: 'taken as the same grid; correct the header if it is not',
        file: input.file,
      },
    ];
  }
  const facts = [
    sameSize ? '' : `size ${volume.size.join(' x ')} instead of ${reference.size.join(' x ')}`,
    spacing > 1e-3
      ? `spacing ${show(volume.spacing)} instead of ${show(reference.spacing)} mm`
      : '',
    direction > 1e-3 ? `directions differ by ${direction.toFixed(3)}` : '',
    origin > 0.1 ? `origins ${origin.toFixed(1)} mm apart` : '',
  ].filter(Boolean);
  return [
    {
      severity: 'error',
      code: 'GEOMETRY_MISMATCH',
      message: `${input.role} does not lie on the grid of the reference phase: ${facts.join('; ')}`,
      remedy: 'resample or register it onto the reference phase (phases: or align by centroid)',
      file: input.file,
    },
  ];
}

async function read(
  input: CaseInput,
  findings: CaseFinding[],
  onto?: Grid,
): Promise<Volume | undefined> {
  try {
    const onWarning = (found: CaseFinding) =>
      findings.push({ ...found, message: `${input.role}: ${found.message}` });
    return await readInput(input, { onto, onWarning });
  } catch (thrown) {
    findings.push(unreadable(input, toFlcError(thrown)));
    return undefined;
  }
}

function unreadable(input: CaseInput, error: FlcError): CaseFinding {
  const missing = error instanceof FlcError && error.details.systemCode === 'ENOENT';
  // A fault of a DICOM stack has a code of its own, and the slice at fault.
  const fault = (error.details.fault ??
    (error.code === 'GEOMETRY_MISMATCH' ? error.code : undefined)) as FindingCode | undefined;
  const file = typeof error.details.file === 'string' ? error.details.file : input.file;
  return {
    severity: 'error',
    code: missing ? 'MISSING_FILE' : (fault ?? 'UNREADABLE_FILE'),
    message: missing ? `${input.role}: the file does not exist` : `${input.role}: ${error.message}`,
    remedy: missing
      ? 'correct the path in dataset.yaml (it counts from the folder of that file)'
      : (error.remedy ?? 'export the file again'),
    file,
  };
}

function show(numbers: readonly number[]): string {
  return numbers.map((n) => Number(n.toPrecision(5))).join(' x ');
}
