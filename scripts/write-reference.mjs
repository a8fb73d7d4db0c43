/**
 * Writes the pages of docs/reference that come from the code: every command's help, the schema of dataset.yaml, the
 * comparison methods and the codes of errors.
 * `node scripts/write-reference.mjs` after a build; `test/reference.test.ts` fails when a page is out of date.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparisonMethods } from '@flc-native/baselines';
import { errorCodeMeanings } from '@flc-native/errors';
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
    'comparison-methods.md': comparisonPage(),
    'error-codes.md': errorPage(),
    'dataset.schema.json': `${JSON.stringify(datasetJsonSchema(), null, 2)}\n`,
  };
}

function comparisonPage() {
  const intro = [
    '# The classic comparison methods',
    "Written by `node scripts/write-reference.mjs` from `packages/baselines`. These are the rows of the paper's Table 2 that train no",
    'network, each with its settings and everything in which it differs from the original paper or from the',
    're-implementation by the authors of the table ("authors"). All describe a lesion by numbers; an RBF support vector machine',
    'on these, with C and gamma chosen on the validation lesions, decides. Slices of a lesion are pooled, but with `compare --unit slice`.',
  ];
  const sections = comparisonMethods.map((method) => {
    /** @type {Readonly<Record<string, string>>} */
    const docs = method.settingDocs;
    const rows = Object.entries(method.settings).map(
      ([name, value]) => `| \`${name}\` | ${JSON.stringify(value)} | ${docs[name]} |`,
    );
    return [
      `## ${method.name}`,
      `${method.title}. ${method.citation}.`,
      ['| setting | default | |', '|---|---|---|', ...rows].join('\n'),
      'Deviations:',
      method.deviations.map((text) => `- ${text}`).join('\n'),
    ].join('\n\n');
  });
  return `${[`${intro[0]}\n\n${intro.slice(1).join('\n')}`, ...sections].join('\n\n')}\n`;
}

function errorPage() {
  const rows = Object.entries(errorCodeMeanings).map(([code, text]) => `| \`${code}\` | ${text} |`);
  return `${[
    '# Error codes',
    '',
    'Written by `node scripts/write-reference.mjs` from `packages/errors`. The `code` of every `FlcError`; `--json` prints it too.',
    '',
    '| code | means |',
    '|---|---|',
    ...rows,
  ].join('\n')}\n`;
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
