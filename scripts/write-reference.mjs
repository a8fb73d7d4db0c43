/**
 * Writes the pages of docs/reference that come from the code: every command's help, and the schema of dataset.yaml.
 * `node scripts/write-reference.mjs` after a build; `test/reference.test.ts` fails when a page is out of date.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datasetJsonSchema } from '@flc-native/pipeline';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'packages/cli/bin/flc-native.js');

/** @returns {Record<string, string>} text by path below docs/reference */
export function referencePages() {
  const overview = help([]);
  const commands = overview
    .slice(overview.indexOf('Commands:'))
    .split('\n')
    .map((line) => line.match(/^ {2}([a-z-]+) \[options\]/)?.[1])
    .filter((name) => name !== undefined);
  const sections = commands.map((name) => `## ${name}\n\n\`\`\`text\n${help([name])}\n\`\`\`\n`);
  const commandsPage = [
    '# Commands',
    'Written by `node scripts/write-reference.mjs` from the program itself.',
    `\`\`\`text\n${overview}\n\`\`\``,
    ...sections,
  ].join('\n\n');
  return {
    'commands.md': `${commandsPage.trimEnd()}\n`,
    'dataset.schema.json': `${JSON.stringify(datasetJsonSchema(), null, 2)}\n`,
  };
}

/** @param {string[]} command */
function help(command) {
  const env = { ...process.env, COLUMNS: '100' };
  const args = [program, ...command, '--help'];
  return execFileSync(process.execPath, args, { env, encoding: 'utf8' }).trimEnd();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(referencePages())) {
    writeFileSync(join(root, 'docs/reference', name), text);
  }
}
