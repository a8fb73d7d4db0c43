import { rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { writeDataset } from '../dataset/dataset.js';
import type { DatasetInput } from '../dataset/dataset-schema.js';
import { pseudonym } from '../dataset/pseudonym.js';
import { createPseudonymKey } from '../dataset/pseudonym-key.js';
import { assignPhases } from '../phase-rules/assign-phases.js';
import { writeFileAtomic } from '../storage/atomic-file.js';
import { keepEarlier } from '../storage/keep-earlier.js';
import { checkOutputFile, isSamePlace, keepInputs } from '../storage/output-file.js';
import { writeVolume } from '../volume/write-volume.js';
import type { ImportContext, LayoutAdapter } from './adapter.js';
import {
  type AssembledCase,
  assembleCase,
  assembleDataset,
  choosePhases,
  chooseReference,
  modalityOf,
  type PhasedCase,
} from './assemble-dataset.js';
import { buildReport } from './build-report.js';
import { checkPhases } from './check-phases.js';
import { type ChosenLayout, chooseLayout } from './detect-layout.js';
import type { ImportOptions } from './import-options.js';
import type { ImportReport } from './import-report.js';
import type { ImportedCase, ImportedCohort } from './imported.js';
import { type PhaseOverrides, unusedWords, withOverride } from './phase-overrides.js';
import { phasesTable } from './phases-file.js';
import type { Sheet } from './sheet.js';
import { readSourceTree } from './source-tree.js';
import { readUserSheet, withSheet } from './user-sheet.js';

/** Classes of a dataset whose lesions have none: those of the paper. */
const paperClasses = ['cyst', 'fnh', 'hcc', 'hem'];

/**
 * Reads a folder in a known layout and writes dataset.yaml, a second file for cases that cannot be
 * prepared as they are (`dataset.apart.yaml`), and the decisions on phases (`dataset.phases.csv`),
 * which may be edited and given back as `sheet`; new ones then go to `dataset.phases.new.csv`. What stood in these files before is
 * kept in numbered copies. Images are not copied. Rejects with INVALID_CONFIG
 * (layout, options), DATA_ERROR (nothing usable), IO_ERROR and CANCELLED.
 */
export async function importDataset(options: ImportOptions): Promise<ImportReport> {
  const { signal } = options;
  const out = resolve(options.out);
  await checkOutputFile(out);
  const files = await outputFiles(out, options.sheet);
  const inputs = [options.sheet, options.pseudonymKey].filter((file) => file !== undefined);
  await keepInputs(inputs, Object.values(files));
  const tree = await readSourceTree(resolve(options.from), signal);
  const layout = chooseLayout(tree, options.layout);
  const sheet = options.sheet === undefined ? undefined : await readUserSheet(options.sheet);
  const { pseudonymKey } = options;
  const key = pseudonymKey === undefined ? undefined : await createPseudonymKey(pseudonymKey);
  const hide = (name: string) => pseudonym(name, key);
  const cohort = await layout.adapter.read(tree, contextOf(options, sheet, out, hide));
  const modality = modalityOf(layout.adapter, cohort, options);
  const overrides: PhaseOverrides = { patterns: options.phase ?? {}, sheet };
  const phased: PhasedCase[] = [];
  for (const entry of cohort.cases) {
    throwIfCancelled(signal);
    const named = sheet === undefined ? entry : withSheet(entry, sheet, options.classMap ?? {});
    phased.push(await phaseCase(named, overrides, modality, options.byImage));
    options.onProgress?.({
      done: cohort.cases.length + phased.length,
      total: 2 * cohort.cases.length,
    });
  }
  if (phased.length === 0) throw nothingFound(layout, cohort);
  const warnings = [...cohort.warnings, ...unusedWords(phased, overrides)];
  const settings = { ...options, out, files, hide };
  return await write(phased, { ...cohort, warnings }, layout, settings, modality);
}

async function write(
  phased: readonly PhasedCase[],
  cohort: ImportedCohort,
  layout: ChosenLayout,
  options: ImportOptions & { files: OutputFiles; hide: (name: string) => string },
  modality: 'CT' | 'MR',
): Promise<ImportReport> {
  const { out, hide, pseudonymKey } = options;
  const { adapter } = layout;
  const phases = choosePhases(phased, adapter, options.phases);
  checkPhases(phased, options.phases ?? []);
  const reference = chooseReference(phased, phases, options.reference);
  if (!phases.includes(reference)) {
    throw new FlcError('INVALID_CONFIG', `reference: "${reference}" is not one of the phases`, {
      details: { phases },
      remedy: `use one of ${phases.join(', ')}, or change --phases`,
    });
  }
  const assembled = phased.map((entry) => assembleCase(entry, phases, reference, out));
  const classes = classesOf(assembled, adapter);
  const shared = {
    ...{ modality, phases, reference, classes },
    ...(cohort.synthetic === true ? { synthetic: true } : {}),
    ...(pseudonymKey === undefined
      ? {}
      : { pseudonymKey: relative(dirname(out), resolve(pseudonymKey)) }),
  };
  const complete = assembled.filter(({ apart }) => apart === undefined);
  const apart = assembled.filter((entry) => entry.apart !== undefined);
  const { apart: apartFile, ...always } = options.files;
  const files = { ...always, ...(apart.length === 0 ? {} : { apart: apartFile }) };
  const kept: string[] = [];
  const keep = async (file: string, text?: string) => {
    const copy = await keepEarlier(file, text);
    if (copy !== undefined) kept.push(copy);
  };
  const write = async (file: string, text: string) => {
    await keep(file, text);
    await writeFileAtomic(file, text);
  };
  await writeDataset(out, assembleDataset(complete, shared), write);
  if (apart.length > 0) await writeDataset(apartFile, assembleDataset(apart, shared), write);
  else {
    // That of an earlier import would speak of cases that are complete now.
    await keep(apartFile);
    await rm(apartFile, { force: true });
  }
  await write(files.phases, phasesTable(phased));
  const written = { ...files, kept };
  return buildReport({ layout, cohort, phased, complete, apart, shared, files: written, hide });
}

type OutputFiles = Awaited<ReturnType<typeof outputFiles>>;

/** A phases file that was edited and is given back as `sheet` is the user's: it stays as it is. */
async function outputFiles(dataset: string, sheet: string | undefined) {
  const stem = dataset.replace(/\.ya?ml$/i, '');
  const phases = `${stem}.phases.csv`;
  const isGiven = sheet !== undefined && (await isSamePlace(sheet, phases));
  return {
    dataset,
    apart: `${stem}.apart.yaml`,
    phases: isGiven ? `${stem}.phases.new.csv` : phases,
  };
}

function contextOf(
  options: ImportOptions,
  sheet: Sheet | undefined,
  out: string,
  hide: (name: string) => string,
): ImportContext {
  return {
    classMap: options.classMap ?? {},
    sheet,
    boxes: options.boxes ?? 'mask',
    modality: options.modality,
    signal: options.signal,
    // Reading is the first half, phases are the second.
    onProgress: (done, total) => options.onProgress?.({ done, total: 2 * total }),
    async writeMask(caseId, name, mask) {
      // The folder has the pseudonym: these files may travel with prepared data.
      const file = join(dirname(out), 'imported-masks', hide(caseId), `${name}.nii.gz`);
      await writeVolume(file, mask);
      return file;
    },
  };
}

async function phaseCase(
  entry: ImportedCase,
  overrides: PhaseOverrides,
  modality: 'CT' | 'MR',
  image: 'auto' | 'never' = 'auto',
): Promise<PhasedCase> {
  const images = entry.images.map((found) => withOverride(found, entry, overrides));
  const decisions = await assignPhases(images, { modality, image });
  const byPhase = new Map(
    decisions.flatMap(({ phase, key, chosen }) =>
      chosen && phase !== null ? [[phase, key] as const] : [],
    ),
  );
  return { entry: { ...entry, images }, decisions, byPhase };
}

function classesOf(
  cases: readonly AssembledCase[],
  adapter: LayoutAdapter,
): DatasetInput['classes'] {
  const used = cases.flatMap(({ written }) =>
    written.lesions.flatMap((lesion) => lesion.class ?? []),
  );
  const classes = [...new Set(used)].sort();
  return classes.length > 0 ? classes : [...(adapter.classes ?? paperClasses)];
}

function nothingFound({ adapter }: ChosenLayout, { skipped }: ImportedCohort): FlcError {
  const first = skipped[0]?.reason;
  return new FlcError('DATA_ERROR', 'no case could be imported', {
    details: { layout: adapter.name, skipped: skipped.length, first },
    remedy: `expected: ${adapter.form}${first === undefined ? '' : `; the first was skipped: ${first}`}`,
  });
}
