import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
import type { SvmModelJson } from '@flc-native/svm';
import { type ModelDescription, parseModelDescription } from './model-description.js';

const descriptionFile = 'model.json';
const machineFile = 'svm.json';
/** Written by the addon whenever the validation accuracy rises. */
const networkFiles = ['weights.safetensors', 'network.json'];

/** What a bundle holds beside the weights. */
export interface Bundle {
  readonly description: ModelDescription;
  readonly machine: SvmModelJson | null;
}

/**
 * Completes a bundle whose weights the addon has written. model.json comes last and holds the hashes of the other
 * files: a bundle that was not finished, or was mixed from two, is never loaded.
 *
 * @throws FlcError IO_ERROR
 */
export async function writeBundle(
  dir: string,
  description: Omit<ModelDescription, 'files'>,
  machine: SvmModelJson | null,
): Promise<ModelDescription> {
  if (machine !== null) await writeFileAtomic(join(dir, machineFile), JSON.stringify(machine));
  const names = machine === null ? networkFiles : [...networkFiles, machineFile];
  const files: Record<string, string> = {};
  for (const name of names) files[name] = await hashOf(join(dir, name));
  const complete = { ...description, files };
  await writeFileAtomic(join(dir, descriptionFile), `${JSON.stringify(complete, null, 2)}\n`);
  return complete;
}

/**
 * Reads a bundle and checks that its files belong together.
 *
 * @throws FlcError IO_ERROR if there is none; DATA_ERROR if it is of another program or version; CHECKPOINT_CORRUPT if a
 *   file is cut short, changed or missing
 */
export async function readBundle(dir: string): Promise<Bundle> {
  const description = await readModelDescription(dir);
  for (const [name, expected] of Object.entries(description.files)) {
    const got = await hashOf(join(dir, name));
    if (got === expected) continue;
    throw new FlcError(
      'CHECKPOINT_CORRUPT',
      `${name} is not the file that the model was saved with`,
      {
        details: { file: join(dir, name), expected, got },
        remedy: 'Copy the whole folder again from where it was trained.',
      },
    );
  }
  if (description.decision === 'network') return { description, machine: null };
  const machine = join(dir, machineFile);
  return { description, machine: parseJson(await readText(machine), machine) as SvmModelJson };
}

/** model.json of a bundle, without looking at its other files. */
export async function readModelDescription(dir: string): Promise<ModelDescription> {
  const file = join(dir, descriptionFile);
  return parseModelDescription(parseJson(await readText(file), file), file);
}

/** SHA-256 of a file of the bundle, hexadecimal. */
export async function hashOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new FlcError('CHECKPOINT_CORRUPT', 'A file of the model is missing or cannot be read', {
      details: { file },
      remedy: 'Copy the whole folder again from where it was trained.',
      cause,
    });
  });
  return createHash('sha256').update(bytes).digest('hex');
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FlcError('IO_ERROR', 'There is no finished model in this folder', {
      details: { file },
      remedy:
        'A finished training leaves it in runs/<name>/model; flc-native train --resume finishes one.',
      cause,
    });
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FlcError('CHECKPOINT_CORRUPT', 'A file of the model is cut short or no JSON', {
      details: { file },
      remedy: 'Copy the whole folder again from where it was trained.',
      cause,
    });
  }
}
