import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataHash } from '@flc-native/classifier';
import { FlcError } from '@flc-native/errors';
import { type Prepared, type Splits, writeFileAtomic } from '@flc-native/pipeline';
import type { ComparisonSettings } from './settings.js';

/** What a folder of results rests on: its settings.json. */
interface Foundation {
  readonly format: 'flc-comparison';
  readonly version: 1;
  readonly dataHash: string;
  readonly splits: string;
  readonly settings: ComparisonSettings;
}

const settingsFile = 'settings.json';

/**
 * Binds a folder to data, splits and settings, so that a table never mixes two experiments.
 *
 * @throws FlcError INVALID_CONFIG if the folder holds a comparison of others; DATA_ERROR if what it holds cannot be read
 */
export async function claimFolder(
  dir: string,
  prepared: Prepared,
  splits: Splits,
  settings: ComparisonSettings,
): Promise<void> {
  const file = join(dir, settingsFile);
  const wanted: Foundation = {
    format: 'flc-comparison',
    version: 1,
    dataHash: dataHash(prepared),
    splits: createHash('sha256').update(JSON.stringify(splits.partitions)).digest('hex'),
    settings,
  };
  if (!existsSync(file)) {
    await writeFileAtomic(file, `${JSON.stringify(wanted, null, 2)}\n`);
    return;
  }
  const found = await readFoundation(file);
  const keys = ['dataHash', 'splits', 'settings'] as const;
  const differing = keys.filter((key) => !equal(found[key], wanted[key]));
  if (differing.length === 0) return;
  throw new FlcError(
    'INVALID_CONFIG',
    `The folder holds a comparison with other ${differing.join(', ')}`,
    {
      details: { file, differing, found: found.settings, wanted: settings },
      remedy: 'Give the settings that it was started with, or another folder.',
    },
  );
}

async function readFoundation(file: string): Promise<Foundation> {
  try {
    const found = JSON.parse(await readFile(file, 'utf8')) as Foundation;
    if (found.format === 'flc-comparison' && found.version === 1) return found;
  } catch {
    // Falls through to the one error below.
  }
  throw new FlcError('DATA_ERROR', 'The folder’s settings are cut short or of another version', {
    details: { file },
    remedy: 'Give another folder.',
  });
}

/** As JSON, whatever the order of the keys. */
function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}
