import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = readdirSync(`${root}packages`).map(
  (folder) => JSON.parse(readFileSync(`${root}packages/${folder}/package.json`, 'utf8')).name,
);

it('CommonJS loads every package: no module has an await at its top level', () => {
  const program = `for (const name of ${JSON.stringify(names)}) require(name)`;
  execFileSync(process.execPath, ['--no-warnings', '-e', program], { cwd: `${root}packages/cli` });
  expect(names.length).toBeGreaterThan(9);
});
