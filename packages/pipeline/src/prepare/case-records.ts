import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFilePattern } from '../storage/atomic-file.js';
import { readSafetensorsHeader } from '../storage/safetensors-file.js';
import {
  type CaseRecord,
  caseFormat,
  caseRecordSchema,
  type PreparedIndex,
  parsePreparedIndex,
  preparedVersion,
} from './prepared-format.js';

const caseFilePattern = /^[0-9a-f]{12}\.safetensors$/;

/** The index of an earlier run; undefined if there is none or it cannot be used. */
export async function earlierIndex(outDir: string): Promise<PreparedIndex | undefined> {
  const file = join(outDir, 'index.json');
  try {
    return parsePreparedIndex(JSON.parse(await readFile(file, 'utf8')), file);
  } catch {
    // Whatever is wrong with it: cases then speak for themselves, and a new index is written.
    return undefined;
  }
}

/**
 * What an earlier run left of a case, told by its file (a killed run has no index). Undefined if
 * the file is absent, damaged or of another version. The header holds offsets to the last byte, so
 * a file that is cut short is found without reading it.
 */
export async function earlierRecord(
  outDir: string,
  caseId: string,
  index: PreparedIndex | undefined,
): Promise<CaseRecord | undefined> {
  try {
    const header = await readSafetensorsHeader(join(outDir, 'cases', `${caseId}.safetensors`));
    const { format, version, record } = header.metadata;
    if (format !== caseFormat || version !== String(preparedVersion)) return undefined;
    const parsed = caseRecordSchema.parse(JSON.parse(record ?? 'null'));
    // The index may know newer times of the same contents.
    const known = index?.cases.find((entry) => entry.caseId === caseId);
    return known?.key === parsed.case.key ? { ...parsed, case: known } : parsed;
  } catch {
    return undefined;
  }
}

/** Removes case files that the index does not name and what killed runs left. */
export async function removeStale(outDir: string, keep: ReadonlySet<string>): Promise<void> {
  const folder = join(outDir, 'cases');
  const names = await readdir(folder).catch(() => []);
  const stale = names.filter(
    (name) =>
      temporaryFilePattern.test(name) ||
      (caseFilePattern.test(name) && !keep.has(name.slice(0, 12))),
  );
  await Promise.all(stale.map((name) => rm(join(folder, name), { force: true })));
}
