import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FlcError } from '@flc-native/errors';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml';
import { ioError, writeFileAtomic } from '../storage/atomic-file.js';
import { fromUtf8 } from '../text/utf8.js';
import type { DatasetCase, DatasetConfig, DatasetInput } from './dataset-schema.js';
import { pseudonymsOf } from './pseudonym.js';
import { readPseudonymKey } from './pseudonym-key.js';
import { validateDataset } from './validate-dataset.js';

/** A checked dataset.yaml and the folder against which its paths are resolved. */
export interface Dataset extends DatasetConfig {
  readonly file: string;
  readonly root: string;
  /** The secret under which pseudonyms are made, if dataset.yaml names one. */
  readonly key?: Uint8Array;
}

/** 480 cases take 0.3 MB; far beyond this it is no dataset.yaml. */
const maxYamlBytes = 256 * 2 ** 20;

/** Reads and checks dataset.yaml. IO_ERROR or INVALID_CONFIG; volumes are not opened. */
export async function readDataset(file: string): Promise<Dataset> {
  let text: string;
  try {
    const status = await stat(file);
    if (!status.isFile() || status.size > maxYamlBytes) throw noDatasetFile(file, status);
    const decoded = fromUtf8(await readFile(file));
    if (decoded === undefined) throw notUtf8(file);
    text = decoded;
  } catch (cause) {
    throw cause instanceof FlcError ? cause : ioError('reading dataset.yaml failed', file, cause);
  }
  const config = validateDataset(parseYaml(text, file), file);
  const root = dirname(resolve(file));
  const { pseudonymKey } = config;
  const key =
    pseudonymKey === undefined ? undefined : await readPseudonymKey(resolve(root, pseudonymKey));
  return { ...config, file: resolve(file), root, ...(key === undefined ? {} : { key }) };
}

/** Checks and writes dataset.yaml, atomically unless `write` does otherwise; paths in it stay as they are. */
export async function writeDataset(
  file: string,
  dataset: DatasetInput | Dataset,
  write: (file: string, text: string) => Promise<void> = writeFileAtomic,
): Promise<void> {
  const plain: Record<string, unknown> = { ...dataset };
  delete plain.file;
  delete plain.root;
  delete plain.key;
  validateDataset(plain);
  await write(file, stringify(plain, { lineWidth: 0, aliasDuplicateObjects: false }));
}

/** Absolute path of a path in dataset.yaml. */
export function datasetPath(dataset: Pick<Dataset, 'root'>, path: string): string {
  return resolve(dataset.root, path);
}

/** The case behind a pseudonym, for messages on stderr; undefined if there is none. */
export function caseByPseudonym(dataset: Dataset, caseId: string): DatasetCase | undefined {
  const hide = pseudonymsOf(dataset);
  return dataset.cases.find((entry) => hide(entry.id) === caseId);
}

function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { merge: true });
  const problem = document.errors[0];
  try {
    // Bounded, so that nested aliases cannot blow up memory.
    if (problem === undefined) return withNamesAsWritten(document).toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalidYaml('its aliases expand too far or point nowhere', file, cause);
  }
  // The lines after the first quote the file, and with it names.
  const reason = (problem.message.split('\n')[0] ?? '').replace(/:$|; please use \S+/, '');
  throw invalidYaml(reason, file, problem, remedies[problem.code]);
}

/** Numbers as names keep their text: 0123 is not 123, and twenty digits are more than a number holds. */
function withNamesAsWritten(document: Document): Document {
  const cases = document.get('cases');
  for (const entry of isSeq(cases) ? cases.items : []) {
    for (const key of isMap(entry) ? ['id', 'patient'] : []) {
      const name = (entry as YAMLMap).get(key, true);
      if (isScalar(name) && typeof name.value === 'number') name.value = name.source;
    }
  }
  return document;
}

const remedies: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'give each key once',
  TAB_AS_INDENT: 'indent with spaces, not with tabs',
  MULTIPLE_DOCS: 'keep one document: take the line --- out',
};
const anyRemedy =
  'correct the named line; quote texts that hold ": ", " #" or begin with another sign than a letter';

function notUtf8(file: string): FlcError {
  return new FlcError('INVALID_CONFIG', 'dataset.yaml is not encoded in UTF-8', {
    details: { file },
    remedy: 'save it as UTF-8: in another encoding two names may look like one',
  });
}

function noDatasetFile(file: string, status: Stats): FlcError {
  if (status.isFile()) {
    return new FlcError('INVALID_CONFIG', 'the file is larger than any dataset.yaml', {
      details: { file, bytes: status.size, largest: maxYamlBytes },
      remedy: 'give the dataset.yaml, not an image or an archive',
    });
  }
  const got = status.isDirectory() ? 'a folder' : 'no regular file';
  return new FlcError('INVALID_CONFIG', `a file dataset.yaml is expected, this is ${got}`, {
    details: { file },
    remedy: 'give the dataset.yaml itself; flc-native import writes one from a folder of images',
  });
}

function invalidYaml(reason: string, file: string, cause: unknown, remedy = anyRemedy): FlcError {
  return new FlcError('INVALID_CONFIG', `dataset.yaml is not valid YAML: ${reason}`, {
    details: { file },
    remedy,
    cause,
  });
}
