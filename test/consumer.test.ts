import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

/**
 * A project that has installed the packages: it sees what they export and nothing else. Below node_modules, where it finds
 * the packages that those need; a link to a package of the workspace would show its inside.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
let project: string;

beforeAll(() => {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  project = mkdtempSync(join(cache, 'consumer-'));
  for (const folder of readdirSync(join(root, 'packages'))) {
    const from = join(root, 'packages', folder);
    const { name } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    const to = join(project, 'node_modules', name);
    for (const part of ['package.json', 'dist', 'setup']) {
      const filter = (file: string) => !/\.(js|map)$/.test(file);
      try {
        cpSync(join(from, part), join(to, part), { recursive: true, filter });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    declaration: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'out',
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Programs of a page, each for itself complete. */
function programsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
}

it('compiles with the types alone: signals, declarations, and the programs of the documentation', () => {
  cpSync(join(root, 'test/consumer'), project, { recursive: true });
  for (const page of ['README.md', 'docs/how-to/use-from-typescript.md']) {
    const programs = programsOf(page);
    expect(programs).not.toEqual([]);
    for (const [number, program] of programs.entries()) {
      const name = page.replaceAll(/[/.]/g, '-');
      writeFileSync(join(project, `${name}-${number + 1}.ts`), program);
    }
  }
  const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project], { encoding: 'utf8' });
  expect(tsc.stdout).toBe('');
  expect(tsc.status).toBe(0);
});
