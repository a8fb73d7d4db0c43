import { appendFile, constants, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';

/** Does not make the file. */
const appendOnly = constants.O_APPEND | constants.O_WRONLY;
const isFeatures = /^features(-\d+)?\.jsonl$/;

/**
 * The features of a run's lesions, a line a lesion under a header that says what they rest on. Processes that share the work
 * write a file each: features.jsonl, features-1.jsonl and so on; whoever reads, reads all of them.
 */
export class FeatureFiles {
  readonly #runDir: string;
  readonly #header: string;
  readonly #own: string;

  constructor(runDir: string, key: object, index: number) {
    this.#runDir = runDir;
    this.#header = JSON.stringify(key);
    this.#own = fileOf(index);
  }

  /** What is known under the key. Files of another key, absent or broken from their start have none. */
  async read(): Promise<Map<string, readonly number[]>> {
    const features = new Map<string, readonly number[]>();
    const names = await readdir(this.#runDir).catch((): string[] => []);
    for (const name of names.filter((name) => isFeatures.test(name)).sort()) {
      for (const { id, proportions } of (await this.#entries(name)) ?? [])
        features.set(id, proportions);
    }
    return features;
  }

  /** Makes the own file if it is not of this key. */
  async begin(): Promise<void> {
    if ((await this.#entries(this.#own)) === undefined)
      await writeFileAtomic(join(this.#runDir, this.#own), `${this.#header}\n`);
  }

  async append(id: string, proportions: readonly number[]): Promise<void> {
    const file = join(this.#runDir, this.#own);
    // The newline stands first, so that a cut last line never swallows the next one.
    const line = `\n${JSON.stringify({ id, proportions })}`;
    await appendFile(file, line, { flag: appendOnly }).catch((cause: unknown) => {
      // Process 0 waited no longer and has merged the files: it has done this lesion as well.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && this.#own !== fileOf(0)) return;
      throw new FlcError('IO_ERROR', 'The features of a lesion cannot be written', {
        details: { file },
        cause,
      });
    });
  }

  /** All in features.jsonl in the order of `ids`, whoever made them; the files of the others go. */
  async merge(ids: readonly string[], features: ReadonlyMap<string, readonly number[]>) {
    const lines = ids.map((id) => JSON.stringify({ id, proportions: features.get(id) }));
    await writeFileAtomic(join(this.#runDir, fileOf(0)), [this.#header, ...lines, ''].join('\n'));
    for (const name of await readdir(this.#runDir))
      if (isFeatures.test(name) && name !== fileOf(0))
        await rm(join(this.#runDir, name), { force: true });
  }

  async #entries(name: string) {
    const text = await readFile(join(this.#runDir, name), 'utf8').catch(() => '');
    const [first, ...lines] = text.split('\n');
    if (first !== this.#header) return undefined;
    // The last line of a killed run may be cut; that lesion is done again.
    return lines.flatMap((line) => parseLine(line) ?? []);
  }
}

function fileOf(index: number): string {
  return index === 0 ? 'features.jsonl' : `features-${index}.jsonl`;
}

function parseLine(line: string): { id: string; proportions: number[] } | undefined {
  try {
    return JSON.parse(line) as { id: string; proportions: number[] };
  } catch {
    return undefined;
  }
}
