import { throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { judgeGrids } from '../../prepare/align-phases.js';
import { counted } from '../../text/counted.js';
import { type GridOfFile, readGrid } from '../../volume/read-grid.js';
import { readVolume } from '../../volume/read-volume.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import { HeaderFindings } from '../compare-grids.js';
import type { ImportedCase, ImportedLesion, SkippedCase } from '../imported.js';
import { className } from '../lesion-class.js';
import { readSheet } from '../sheet.js';
import type { SourceTree } from '../source-tree.js';
import { documented } from './documented-phase.js';

const phases = ['NC', 'ART', 'PV', 'DL'] as const;
const scan = /(^|\/)([^/]+)\/\2_([0-3])_scan\.nii(\.gz)?$/;
const mask = /(^|\/)([^/_]+)_([0-3])_(\d+)_tumor_seg\.(nrrd|nii|nii\.gz)$/;
const sheetName = /(^|\/)ct_hcc_metadata[^/]*\.csv$/i;

/** doi:10.1148/ryai.240296, Zenodo 12741586. */
export const wawTace: LayoutAdapter = {
  name: 'waw-tace',
  title: 'WAW-TACE (CT, 233 patients with HCC, up to four phases, not registered)',
  modality: 'CT',
  licence: 'CC BY 4.0 expected: check the Zenodo record; name the source',
  source: 'doi:10.5281/zenodo.12741586',
  form: '<patient>/<patient>_<0-3>_scan.nii.gz and tumor_masks.../<patient>/<patient>_<0-3>_<n>_tumor_seg.nrrd',
  detect(tree) {
    const scans = tree.files.filter((file) => scan.test(file)).length;
    const masks = tree.files.filter((file) => mask.test(file)).length;
    if (scans === 0) return undefined;
    return {
      confidence: 0.95,
      reason: `${counted(scans, 'file')} <patient>_<0-3>_scan, ${counted(masks, 'tumour mask')}`,
    };
  },
  read: readCases,
};

/** A scan with its grid, which tells the masks drawn on it. */
interface Scan {
  readonly phase: number;
  readonly file: string;
  readonly grid: GridOfFile | undefined;
}

async function readCases(tree: SourceTree, context: ImportContext) {
  const scans = groupBy(tree.files, (file) => scan.exec(file)?.[2]);
  const masks = groupBy(tree.files, (file) => mask.exec(file)?.[2]);
  const counts = await tumourCounts(tree);
  const findings = new HeaderFindings();
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const [name, files] of scans) {
    throwIfCancelled(context.signal);
    const found: Scan[] = [];
    for (const file of files) {
      const grid = await readGrid(tree.path(file)).catch(() => undefined);
      found.push({ phase: Number(scan.exec(file)?.[3]), file: tree.path(file), grid });
    }
    const lesions = await lesionsOf(name, masks.get(name) ?? [], found, tree, findings, context);
    const expected = counts.get(name);
    if (expected !== undefined && expected !== lesions.length) {
      const message = () => 'fewer or more tumour masks than the sheet counts';
      findings.add('TUMOUR_COUNT', name, message);
    }
    cases.push({
      id: name,
      patient: name,
      images: found.map(({ phase, file }) => ({
        key: String(phase),
        input: file,
        facts: { names: [String(phase)] },
        given: documented(phases[phase] as string),
        read: () => readVolume(file),
      })),
      lesions,
    });
    context.onProgress(cases.length, scans.size);
  }
  for (const name of masks.keys()) {
    if (!scans.has(name)) skipped.push({ name, reason: 'tumour masks without scans' });
  }
  return { cases, skipped, warnings: [...findings.warnings(), notRegistered] };
}

const notRegistered = {
  code: 'NOT_REGISTERED',
  message:
    'phases lie on grids of their own and tumours are drawn on one phase: register, or prepare with --align; organ masks of the set are not used',
  cases: [],
};

/** One lesion for each tumour number; normally drawn on one phase only. */
async function lesionsOf(
  name: string,
  files: readonly string[],
  scans: readonly Scan[],
  tree: SourceTree,
  findings: HeaderFindings,
  { classMap }: ImportContext,
): Promise<ImportedLesion[]> {
  const lesions = new Map<string, { image: string; input: string }[]>();
  for (const file of files) {
    const [, , , phase, number] = mask.exec(file) as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    const on = await drawnOn(tree.path(file), Number(phase), scans);
    if (on === undefined) {
      const message = () =>
        'a tumour mask fits the grid of none of its scans, or of several; left out';
      findings.add('MASK_WITHOUT_SCAN', name, message);
      continue;
    }
    if (on !== Number(phase)) {
      const message = () =>
        'a tumour mask is named after another phase than the scan whose grid it has; the grid counts';
      findings.add('MASK_OF_OTHER_PHASE', name, message);
    }
    lesions.set(number, [
      ...(lesions.get(number) ?? []),
      { image: String(on), input: tree.path(file) },
    ]);
  }
  return [...lesions.values()].map((masks) => ({ masks, class: className('HCC', classMap) }));
}

/** The phase of the scan that has the mask's grid; the named one first. */
async function drawnOn(
  file: string,
  named: number,
  scans: readonly Scan[],
): Promise<number | undefined> {
  const grid = await readGrid(file).catch(() => undefined);
  // A damaged mask is left to check, under the phase that it names.
  if (grid === undefined) return scans.some(({ phase }) => phase === named) ? named : undefined;
  const fits = scans.filter((entry) => entry.grid !== undefined && sameBox(entry.grid, grid));
  if (fits.some(({ phase }) => phase === named)) return named;
  return fits.length === 1 ? fits[0]?.phase : undefined;
}

/** Same voxels in the world, whichever way the axes are stored. */
function sameBox(a: GridOfFile, b: GridOfFile): boolean {
  return judgeGrids(lpsGrid(a), lpsGrid(b)) === 'same';
}

function lpsGrid(grid: GridOfFile): GridOfFile {
  const signs = [0, 4, 8].map((i) => Math.sign(grid.direction[i] as number));
  const diagonal = [1, 2, 3, 5, 6, 7].every((i) => Math.abs(grid.direction[i] as number) < 1e-3);
  if (!diagonal) return grid;
  const origin = grid.origin.map((o, i) => {
    const extent = ((grid.size[i] as number) - 1) * (grid.spacing[i] as number);
    return signs[i] === -1 ? o - extent : o;
  }) as unknown as GridOfFile['origin'];
  return { ...grid, origin, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
}

/** Tumours that the sheet counts for a patient. */
async function tumourCounts(tree: SourceTree): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const file = tree.files.find((entry) => sheetName.test(entry));
  if (file === undefined) return counts;
  for (const { patient_id, tumor_count } of (await readSheet(tree.path(file))).rows) {
    const count = Number(tumor_count);
    if (patient_id === undefined || tumor_count === '' || !Number.isInteger(count)) continue;
    counts.set(patient_id, Math.max(counts.get(patient_id) ?? 0, count));
  }
  return counts;
}
