/**
 * Before a package is packed (`npm pack -w packages/x`): builds what has changed and refuses what would not work where it
 * is installed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bin, run } from './terminal.mjs';

/**
 * @param {string} folder of the package
 * @returns {string[]} why it must not be packed
 */
export function packingProblems(folder) {
  const problems = [];
  const { napi } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const addon = join('native', `${napi?.binaryName}.linux-x64-gnu.node`);
  if (napi !== undefined && !existsSync(join(folder, addon))) {
    problems.push(`${addon} is not there: npm run build:native`);
  }
  const stale = filesUnder(folder, 'dist').filter((file) => {
    const source = file.replace(/^dist/, 'src').replace(/(\.d)?\.ts(\.map)?$|\.js(\.map)?$/, '.ts');
    return source.endsWith('.ts') && !existsSync(join(folder, source));
  });
  if (stale.length > 0) {
    problems.push(`no source is left of ${stale.join(', ')}: remove dist and build again`);
  }
  return problems;
}

/**
 * @param {string} folder
 * @param {string} below
 */
function filesUnder(folder, below) {
  return readdirSync(join(folder, below), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(below, file),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.cwd();
  const { status } = await run(bin('tsc'), ['-b', folder]);
  const problems = status === 0 ? packingProblems(folder) : ['it does not compile'];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
