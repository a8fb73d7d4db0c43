import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

function markdownUnder(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return markdownUnder(path);
    return name.endsWith('.md') ? [path] : [];
  });
}

const pages = [
  ...markdownUnder('docs'),
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
];

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  // Code blocks show what a reader types, not where things are.
  const prose = text.replace(/```[\s\S]*?```/g, '');

  it('links to files that exist', () => {
    const links = [...prose.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(
      (match) => match[1] ?? '',
    );
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    const missing = local.filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing).toEqual([]);
  });

  it('names files of the project that exist', () => {
    const named = [...prose.matchAll(/`((?:packages|docs|scripts|bench|test)\/[\w./-]+)`/g)];
    const missing = named
      .map((match) => match[1] ?? '')
      .filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });
});
