import { throwIfCancelled } from '@flc-native/errors';
import { counted } from '../../text/counted.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import { HeaderFindings } from '../compare-grids.js';
import type { ImportedCase, ImportedImage, SkippedCase } from '../imported.js';
import { className } from '../lesion-class.js';
import { columnOf, readSheet } from '../sheet.js';
import { partsOf, type SourceTree } from '../source-tree.js';
import { documented } from './documented-phase.js';

const phases = { nc: 'NC', art: 'ART', pvp: 'PV', delay: 'DL' } as const;
type Role = keyof typeof phases | 'mask' | 'liver';

/** One file of the set, told by its path. */
interface Found {
  readonly caseId: string;
  /** Folder above the case in the layout of the benchmark: the class. */
  readonly type?: string | undefined;
  readonly role: Role;
  readonly file: string;
}

/** doi:10.1038/s41597-025-06343-4; both the archives of the Dataverse and the tree of the benchmark. */
export const mctLtDiag: LayoutAdapter = {
  name: 'mct-ltdiag',
  title: 'MCT-LTDiag (CT, 517 patients, four phases, registered)',
  modality: 'CT',
  licence: 'CC0 1.0 as stated by third parties; read the terms of the Dataverse record',
  source: 'doi:10.7910/DVN/S3RW15',
  form: '<case>/NIFTI/{nc,art,pvp,delay}.nii.gz, <case>/mask_pvp.nii.gz and meta_info_patient.tab or .csv; or Data/volume/<type>/<case>/ and Data/mask/<type>/<case>/',
  detect(tree) {
    const found = tree.files.flatMap((file) => recognize(file) ?? []);
    const masks = found.filter(({ role }) => role === 'mask').length;
    const images = found.filter(({ role }) => role === 'pvp').length;
    const packed = tree.files.filter((file) => /\.tar$/.test(file)).length;
    const sheet = tree.files.some((file) => sheetName.test(file));
    if (masks > 0 && images > 0) {
      return {
        confidence: 0.95,
        reason: `${counted(masks, 'file')} mask_pvp.nii.gz with pvp.nii.gz`,
      };
    }
    if (packed === 0 || !sheet) return undefined;
    return { confidence: 0.8, reason: `meta_info_patient beside ${packed} archives (.tar)` };
  },
  read: readCases,
};

const sheetName = /(^|\/)meta_info_patient\.(tab|csv|tsv)$/i;
const badName = /(^|\/)supplementary_info\.(tab|csv|tsv)$/i;

function recognize(file: string): Found | undefined {
  const parts = partsOf(file);
  const role = roleOf(parts.pop() ?? '');
  if (role === undefined) return undefined;
  if (parts.at(-1) === 'NIFTI') parts.pop();
  const caseId = parts.pop();
  if (caseId === undefined) return undefined;
  const tree = parts.at(-2);
  const benchmark = tree === 'volume' || tree === 'mask';
  return { caseId, type: benchmark ? parts.at(-1) : undefined, role, file };
}

function roleOf(name: string): Role | undefined {
  const match = /^(nc|art|pvp|delay|mask_pvp|liver_mask_pvp)\.nii(\.gz)?$/i.exec(name);
  const stem = match?.[1]?.toLowerCase();
  if (stem === 'mask_pvp') return 'mask';
  if (stem === 'liver_mask_pvp') return 'liver';
  return stem as Role | undefined;
}

async function readCases(tree: SourceTree, context: ImportContext) {
  const types = await sheetOf(tree, sheetName, ['type']);
  const bad = await sheetOf(tree, badName, []);
  const found = new Map<string, Found[]>();
  for (const file of tree.files) {
    const entry = recognize(file);
    if (entry === undefined) continue;
    found.set(entry.caseId, [...(found.get(entry.caseId) ?? []), entry]);
  }
  const headers = new HeaderFindings();
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  let done = 0;
  for (const [caseId, files] of found) {
    throwIfCancelled(context.signal);
    const at = (role: Role) => files.find((entry) => entry.role === role)?.file;
    const images = (Object.keys(phases) as (keyof typeof phases)[]).flatMap((role) => {
      const file = at(role);
      return file === undefined ? [] : [imageOf(tree, file, role)];
    });
    if (images.length === 0) {
      skipped.push({ name: caseId, reason: 'a mask, but no image of any phase' });
      continue;
    }
    const [mask, liver, pvp] = [at('mask'), at('liver'), at('pvp')];
    const type = files.find((entry) => entry.type !== undefined)?.type ?? types.get(caseId)?.type;
    if (pvp !== undefined) {
      const others = files.filter(({ file }) => file !== pvp).map(({ file }) => tree.path(file));
      await headers.compare(caseId, tree.path(pvp), others);
    }
    cases.push({
      id: caseId,
      patient: caseId,
      images,
      liver: liver === undefined ? undefined : tree.path(liver),
      lesions:
        mask === undefined
          ? []
          : [
              {
                masks: [{ image: 'pvp', input: tree.path(mask) }],
                components: 'split' as const,
                class: className(type ?? '', context.classMap),
              },
            ],
      apart: bad.has(caseId) ? 'listed in supplementary_info as badly segmented' : undefined,
    });
    context.onProgress(++done, found.size);
  }
  for (const file of tree.files) {
    const name = /([^/]+)\.tar$/i.exec(file)?.[1];
    if (name !== undefined && !found.has(name)) {
      skipped.push({ name, reason: 'still packed: unpack <case>.tar first' });
    }
  }
  for (const id of types.keys()) {
    const packed = skipped.some(({ name }) => name === id);
    if (!found.has(id) && !packed)
      skipped.push({ name: id, reason: 'in the sheet, without files' });
  }
  return { cases, skipped, warnings: [...headers.warnings(), manyLesions] };
}

const manyLesions = {
  code: 'ONE_CLASS_FOR_ALL',
  message: 'the set states one class for a patient: every part of a mask gets it',
  cases: [],
};

function imageOf(tree: SourceTree, file: string, role: keyof typeof phases): ImportedImage {
  return {
    key: role,
    input: tree.path(file),
    facts: { names: [role] },
    given: documented(phases[role]),
  };
}

/** Rows of a sheet by the ID of the case. */
async function sheetOf(tree: SourceTree, name: RegExp, wanted: readonly string[]) {
  const rows = new Map<string, Readonly<Record<string, string>>>();
  const file = tree.files.find((entry) => name.test(entry));
  if (file === undefined) return rows;
  const sheet = await readSheet(tree.path(file));
  const id = columnOf(sheet, ['id', 'patient_id', 'case', 'patient']) ?? sheet.columns[0];
  if (id === undefined || wanted.some((column) => !sheet.columns.includes(column))) return rows;
  for (const row of sheet.rows) if (row[id] !== undefined && row[id] !== '') rows.set(row[id], row);
  return rows;
}
