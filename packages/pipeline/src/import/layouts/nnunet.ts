import { readFile } from 'node:fs/promises';
import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { groupBy } from '../../collections/group-by.js';
import { counted } from '../../text/counted.js';
import type { ImportContext, LayoutAdapter } from '../adapter.js';
import type { ImportedCase, ImportedLesion, ImportWarning, SkippedCase } from '../imported.js';
import { className, classOfText, isLesionName } from '../lesion-class.js';
import { labelsInMask } from '../mask-labels.js';
import type { SourceTree } from '../source-tree.js';

const image = /(^|\/)imagesTr\/([^/]+)_(\d{4})\.(nii\.gz|nii|nrrd|mha)$/;
const label = /(^|\/)labelsTr\/([^/]+)\.(nii\.gz|nii|nrrd|mha)$/;

/** https://github.com/MIC-DKFZ/nnUNet, documentation/dataset_format.md; versions 1 and 2. */
export const nnunet: LayoutAdapter = {
  name: 'nnunet',
  title: 'nnU-Net style folders (imagesTr, labelsTr, channels _0000, _0001 ...)',
  modality: 'CT',
  licence: 'not known: that of the data in the folder',
  source: 'https://github.com/MIC-DKFZ/nnUNet',
  form: 'imagesTr/<case>_0000.nii.gz (one channel a phase), labelsTr/<case>.nii.gz and dataset.json with channel_names and labels',
  detect(tree) {
    const images = tree.files.filter((file) => image.test(file)).length;
    const labels = tree.files.filter((file) => label.test(file)).length;
    if (images === 0 || labels === 0) return undefined;
    return {
      confidence: 0.85,
      reason: `imagesTr with ${counted(images, 'channel')} _dddd, labelsTr with ${counted(labels, 'file')}`,
    };
  },
  read: readCases,
};

async function readCases(tree: SourceTree, context: ImportContext) {
  const file = tree.files.find((entry) => /(^|\/)dataset\.json$/.test(entry));
  const facts = file === undefined ? noFacts : await readDatasetJson(tree.path(file));
  const masks = new Map(
    tree.files.flatMap((entry) => {
      const name = label.exec(entry)?.[2];
      return name === undefined ? [] : [[name, entry] as const];
    }),
  );
  // AMOS leaves the channel out: where a mask has the whole name, its digits are the case's.
  const placeOf = (entry: string) => {
    const [, , stem, digits] = image.exec(entry) ?? [];
    if (stem === undefined) return undefined;
    const whole = `${stem}_${digits}`;
    return masks.has(whole) ? { name: whole, channel: 0 } : { name: stem, channel: Number(digits) };
  };
  const channels = groupBy(tree.files, (entry) => placeOf(entry)?.name);
  const cases: ImportedCase[] = [];
  const skipped: SkippedCase[] = [];
  const empty: string[] = [];
  for (const [name, files] of channels) {
    throwIfCancelled(context.signal);
    const mask = masks.get(name);
    const path = mask === undefined ? undefined : tree.path(mask);
    const present = path === undefined ? [] : await labelsInMask(path);
    const lesions = path === undefined ? [] : lesionsOf(path, present, facts, context);
    if (path !== undefined && lesions.length === 0) empty.push(name);
    cases.push({
      id: name,
      patient: name,
      images: files.map((entry) => {
        const channel = placeOf(entry)?.channel ?? 0;
        const named = facts.channels.get(channel);
        return {
          key: `channel ${channel}`,
          input: tree.path(entry),
          facts: { names: named === undefined ? [] : [named] },
          read: async () =>
            (await import('../../volume/read-volume.js')).readVolume(tree.path(entry)),
        };
      }),
      liver: path !== undefined && facts.onlyLiver ? path : undefined,
      lesions,
    });
    context.onProgress(cases.length, channels.size);
  }
  for (const name of masks.keys()) {
    if (!channels.has(name)) skipped.push({ name, reason: 'a mask without images' });
  }
  return { cases, skipped, warnings: warningsOf(facts, empty) };
}

function lesionsOf(
  path: string,
  present: readonly number[] | undefined,
  facts: DatasetFacts,
  { classMap }: ImportContext,
): ImportedLesion[] {
  return facts.lesions.flatMap(({ value, name }) => {
    // An unreadable mask stays in the dataset: `check` names the fault.
    if (present !== undefined && !present.includes(value)) return [];
    const named = classOfText(name) !== undefined || classMap[name] !== undefined;
    return [
      {
        masks: [{ input: path }],
        label: value,
        components: 'split' as const,
        class: named ? className(name, classMap) : null,
      },
    ];
  });
}

interface DatasetFacts {
  readonly known: boolean;
  readonly channels: ReadonlyMap<number, string>;
  readonly lesions: readonly { readonly value: number; readonly name: string }[];
  /** True if every label is the liver or a lesion, so that the whole mask is the liver. */
  readonly onlyLiver: boolean;
}

/** Without dataset.json: label 1 is a lesion, nothing is known of channels. */
const noFacts: DatasetFacts = {
  known: false,
  channels: new Map(),
  lesions: [{ value: 1, name: 'lesion' }],
  onlyLiver: false,
};

async function readDatasetJson(file: string): Promise<DatasetFacts> {
  let json: unknown;
  try {
    json = JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new FlcError('DATA_ERROR', 'dataset.json cannot be read', { details: { file }, cause });
  }
  const { channel_names, modality, labels } = (json ?? {}) as Record<string, unknown>;
  const channels = new Map(
    entries(channel_names ?? modality).map(([key, name]) => [Number(key), String(name)]),
  );
  // Version 2: name -> value (or list of regions); version 1: value -> name.
  const pairs = entries(labels).map(([key, value]) =>
    /^\d+$/.test(key)
      ? { value: Number(key), name: String(value) }
      : { value: Number(value), name: key },
  );
  const real = pairs.filter(({ value }) => Number.isInteger(value) && value > 0);
  const isLiver = ({ name }: { name: string }) =>
    /^(liver|leber)\b/i.test(name) && !isLesionName(name);
  return {
    known: true,
    channels,
    lesions: real.filter((pair) => !isLiver(pair) && isLesionName(pair.name)),
    onlyLiver: real.some(isLiver) && real.every((pair) => isLiver(pair) || isLesionName(pair.name)),
  };
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function warningsOf({ known, lesions }: DatasetFacts, empty: readonly string[]): ImportWarning[] {
  const warnings: ImportWarning[] = [];
  if (!known) {
    const message = 'no dataset.json: label 1 is taken for a lesion, phases are decided by image';
    warnings.push({ code: 'NO_DATASET_JSON', message, cases: [] });
  } else if (lesions.length === 0) {
    const message = 'dataset.json names no label that is a lesion';
    warnings.push({ code: 'NO_LESION_LABEL', message, cases: [] });
  }
  if (empty.length > 0) {
    warnings.push({ code: 'EMPTY_MASK', message: 'the mask holds no lesion', cases: empty });
  }
  return warnings;
}
