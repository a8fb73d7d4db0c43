import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { referencePages } from '../scripts/write-reference.mjs';

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url));

it.each(Object.entries(referencePages()))(
  'docs/reference/%s is what the code says',
  (name, text) => {
    // Out of date? node scripts/write-reference.mjs
    expect(readFileSync(folder + name, 'utf8')).toBe(text);
  },
);
