import { throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { counted } from '../../text/counted.js';
import { readGrid } from '../../volume/read-grid.js';
import { readVolume } from '../../volume/read-volume.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import { HeaderFindings } from '../compare-grids.js';
import type { ImportedCase, ImportWarning, SkippedCase } from '../imported.js';
import { className } from '../lesion-class.js';
import { labelsInMask } from '../mask-labels.js';
import { readSheet } from '../sheet.js';
import type { SourceTree } from '../source-tree.js';
import { documented } from './documented-phase.js';

const phases: Readonly<Record<string, string>> = { P: 'NC', C1: 'ART', C2: 'PV', C3: 'DL' };
const image = /(^|\/)ct_files\/(P\d+)_ct_(P|C[123])\.nii(\.gz)?$/;
const sheetName = /(^|\/)patient_data\.(csv|tsv)$/i;
/** Entries of `cancer_type` that mean no tumour. */
const noTumour = /^(|control|normal|healthy|none|no|nan|negative)$/i;

type Row = Readonly<Record<string, string>>;

/** doi:10.1038/s41597-025-05125-2; https://www.scidb.cn, record d685a0b9f8974a2a9d7c880be1dc36e9. */
export const plcCect: LayoutAdapter = {
  name: 'plc-cect',
  title: 'PLC-CECT (CT, 361 entries, four phases: HCC, ICC, cHCC-CCA and controls)',
  modality: 'CT',
  licence: 'not known: read the terms of the Science Data Bank record',
  source: 'doi:10.1038/s41597-025-05125-2',
  form: 'patient_data.csv (patient_id, phase P/C1/C2/C3, cancer_type, ct_path, mask_path, liver_mask_path) and ct_files/<patient>_ct_<phase>.nii.gz',
  detect(tree) {
    const found = tree.files.filter((file) => image.test(file)).length;
    const sheet = tree.files.some((file) => sheetName.test(file));
    if (!sheet || found === 0) return undefined;
    return {
      confidence: 0.95,
      reason: `patient_data.csv and ${counted(found, 'file')} <patient>_ct_<phase>`,
    };
  },
  read: readCases,
};

async function readCases(tree: SourceTree, context: ImportContext) {
  const file = tree.files.find((entry) => sheetName.test(entry)) as string;
  const sheet = await readSheet(tree.path(file));
  const groups = groupBy(sheet.rows, (row: Row) => row.patient_id || undefined);
  const resolve = pathResolver(tree, file);
  const headers = new HeaderFindings();
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const [name, rows] of groups) {
    throwIfCancelled(context.signal);
    const entry = await readCase(name, rows, resolve, headers, context);
    if (typeof entry === 'string') skipped.push({ name, reason: entry });
    else cases.push(entry);
    context.onProgress(cases.length + skipped.length, groups.size);
  }
  const listed = new Set(groups.keys());
  const unlisted = new Set(tree.files.flatMap((entry) => image.exec(entry)?.[2] ?? []));
  for (const name of unlisted) {
    if (!listed.has(name))
      skipped.push({ name, reason: 'images that patient_data.csv does not list' });
  }
  return { cases, skipped, warnings: [...headers.warnings(), ...alwaysSaid] };
}

async function readCase(
  name: string,
  rows: readonly Row[],
  resolve: (path: string | undefined) => string | undefined,
  headers: HeaderFindings,
  context: ImportContext,
): Promise<ImportedCase | string> {
  const found = rows.flatMap((row) => {
    const phase = phases[row.phase ?? ''];
    const ct = resolve(row.ct_path);
    return phase === undefined || ct === undefined ? [] : [{ row, phase, ct }];
  });
  if (found.length === 0) return 'listed in patient_data.csv, without images';
  for (const { ct } of found) await judgeHeader(headers, name, ct);
  const type = rows.find(({ cancer_type }) => cancer_type)?.cancer_type ?? '';
  const masks = noTumour.test(type.trim())
    ? []
    : found.flatMap(({ row, phase }) => {
        const input = resolve(row.mask_path);
        return input === undefined ? [] : [{ image: phase, input }];
      });
  const drawn: typeof masks = [];
  for (const mask of masks) {
    if ((await labelsInMask(mask.input))?.length !== 0) drawn.push(mask);
  }
  const venous = found.find(({ phase }) => phase === 'PV');
  return {
    id: name,
    patient: name,
    images: found.map(({ phase, ct }) => ({
      key: phase,
      input: ct,
      facts: { names: [phase] },
      given: documented(phase),
      read: () => readVolume(ct),
    })),
    liver: resolve(venous?.row.liver_mask_path),
    lesions:
      drawn.length === 0
        ? []
        : [{ masks: drawn, components: 'split', class: className(type, context.classMap) }],
  };
}

/** The header that a third-party analysis found in all 1,444 volumes. */
async function judgeHeader(headers: HeaderFindings, name: string, file: string): Promise<void> {
  const grid = await readGrid(file).catch(() => undefined);
  if (grid === undefined) return;
  const { spacing, origin, stored } = grid;
  if (spacing.every((s) => s === 1) && origin.every((o) => o === 0)) {
    headers.add(
      'HEADER_LOST',
      name,
      () =>
        'headers claim 1 x 1 x 1 mm and origin 0: the true pixels are 0.78125 mm, slices 0.3 to 8 mm apart and different for each phase; sizes in mm, resampling and registration are wrong',
    );
  }
  if (stored === 'uint8') {
    headers.add(
      'WINDOWED_VALUES',
      name,
      () =>
        'voxels are 8 bits of the window -200..200 HU, not HU; check refuses them until rescaled',
    );
  }
}

const alwaysSaid: readonly ImportWarning[] = [
  {
    code: 'SLICE_ORDER',
    message:
      'all but two volumes are stored from head to foot although the header says foot to head: look at a contact sheet',
    cases: [],
  },
  { code: 'VALUES_LOW', message: 'values are about 40 HU below those of the scanner', cases: [] },
];

/** Paths of the sheet may be relative to it, to its parent, or of another machine: the end counts. */
function pathResolver(tree: SourceTree, sheet: string) {
  const byEnd = new Map<string, string>();
  for (const file of tree.files) byEnd.set(file.split('/').slice(-2).join('/'), file);
  const base = sheet.includes('/') ? sheet.slice(0, sheet.lastIndexOf('/') + 1) : '';
  const known = new Set(tree.files);
  return (path: string | undefined): string | undefined => {
    if (path === undefined || path.trim() === '') return undefined;
    const plain = path.trim().replace(/\\/g, '/').replace(/^\.\//, '');
    const direct = base + plain;
    const found = known.has(direct) ? direct : byEnd.get(plain.split('/').slice(-2).join('/'));
    return found === undefined ? undefined : tree.path(found);
  };
}
