import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonInput } from '../src/comparison/comparison.js';
import { comparisonMarkdown } from '../src/comparison/comparison-markdown.js';
import { comparisonPage } from '../src/comparison/page/comparison-page.js';
import { buildComparison, LesionImages, writeComparison } from '../src/index.js';
import { Browser, findChromium } from './browser.js';
import { textsOfLowContrast } from './contrast.js';
import { syntheticComparison } from './synthetic-comparison.js';

const input = syntheticComparison(40);
const holes: ComparisonInput = {
  ...input,
  entries: input.entries.map((entry) =>
    entry.method === 'roy'
      ? {
          ...entry,
          evaluations: [],
          missing: [{ partition: 'set1', code: 'OUT_OF_MEMORY', message: 'Too many words.' }],
        }
      : entry,
  ),
};

describe('the page of a comparison', async () => {
  const model = buildComparison(holes);
  const page = await comparisonPage(model, new LesionImages());

  it('has every section, plots without an id or an address, and all methods', () => {
    for (const id of 'results conclusions numbers methods cohort lesions provenance'.split(' ')) {
      expect(page).toContain(`<section id="${id}">`);
    }
    expect(page.match(/<details class="method"/g)).toHaveLength(8);
    expect(page.match(/Cross-entropy of the heads/g)?.length).toBeGreaterThan(0);
    expect(page).toContain('Provenance of ResGL-BDLSTM, set2');
    expect(page).not.toMatch(/url\(|<(script|link|iframe|object|embed|img)\b/i);
    expect(page).not.toMatch(/<(svg|g|path|text|clipPath)[^>]* id=/);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('shows every lesion of the reference, wrong ones first, with the decisions of the others', () => {
    const cards = [...page.matchAll(/<article class="lesion (\w+)">.*?<\/article>/gs)];
    const reference = input.entries.find((entry) => entry.method === 'resgl-bdlstm');
    expect(cards).toHaveLength(reference?.evaluations.flatMap((of) => of.predictions).length ?? -1);
    expect(cards[0]?.[1]).toBe('wrong');
    for (const [card] of cards) {
      const others = [...card.matchAll(/<dd>(.*?)<\/dd>/g)].flatMap((of) => of[1]?.split(' · '));
      expect(others).toHaveLength(6);
    }
  });

  it('says what a method without results lacks', () => {
    expect(page).toContain('Roy et al. 2014, set1: OUT_OF_MEMORY, Too many words.');
    expect(page).toContain('no result');
  });

  it('lets nothing from data become markup', async () => {
    const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;
    const hostile = buildComparison({
      ...input,
      title: attack,
      caption: attack,
      entries: input.entries.map((entry) => ({
        ...entry,
        title: `${attack}${entry.method}`,
        citation: attack,
        settings: { [attack]: attack },
        deviations: [attack],
        evaluations: entry.evaluations.map((of) => ({ ...of, name: `${attack}${of.name}` })),
        missing: [{ partition: attack, code: 'DATA_ERROR', message: attack }],
      })),
      provenance: { [attack]: attack },
    });
    const text = await comparisonPage(hostile, new LesionImages());
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toMatch(/<script|<img/i);
    expect(text.replace(/"[^"<>]*"/g, '""')).not.toMatch(/<[^<>]*\son\w+=/i);
    expect(comparisonMarkdown(hostile)).not.toMatch(/<script|<img/i);
  });
});

const chromium = findChromium();
if (chromium === undefined && process.env.CI !== undefined) {
  throw new Error('CI must have Chromium: apt-get install -y chromium');
}

describe.skipIf(chromium === undefined)(
  'in headless Chromium (skipped where there is none)',
  () => {
    let folder: string;
    let browser: Browser;
    const address = () => pathToFileURL(join(folder, 'comparison.html')).href;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'flc-page-'));
      await writeComparison({ ...holes, outDir: folder });
      browser = await Browser.start(chromium ?? '');
    });
    afterAll(async () => {
      await browser?.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('hears of a page that complains and asks', async () => {
      const file = join(folder, 'bad.html');
      await writeFile(
        file,
        '<script>console.error("oh")</script><img src="http://127.0.0.1:9/a.png"><p style="color:#999">pale',
      );
      await browser.open(pathToFileURL(file).href);
      expect(browser.complaints.join()).toContain('oh');
      expect(browser.requests).toEqual(['http://127.0.0.1:9/a.png']);
      expect(await textsOfLowContrast(browser)).toEqual([expect.stringContaining('pale')]);
    });

    it.each([
      [1280, 'light'],
      [1280, 'dark'],
      [375, 'light'],
      [375, 'dark'],
    ] as const)(
      'at %i px, %s: silent, alone, no wider than the screen, legible',
      async (width, scheme) => {
        browser.forget();
        await browser.appear(width, scheme);
        await browser.open(address());
        await browser.evaluate(
          `document.querySelectorAll('details').forEach((of) => { of.open = true; })`,
        );
        expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(width);
        const page = await browser.evaluate<string>(
          'getComputedStyle(document.body).backgroundColor',
        );
        const brightest = Math.max(...(page.match(/\d+/g) ?? []).map(Number));
        expect(scheme === 'light' ? 255 - brightest : brightest).toBeLessThan(50);
        expect(await textsOfLowContrast(browser)).toEqual([]);
        expect(browser.complaints).toEqual([]);
        expect(browser.requests).toEqual([]);
      },
    );

    it('draws every picture', async () => {
      const widths = await browser.evaluate<number[]>(
        `[...document.querySelectorAll('svg[role=img]')].map((of) => of.getBoundingClientRect().width)`,
      );
      const text = await readFile(join(folder, 'comparison.html'), 'utf8');
      expect(Math.min(...widths)).toBeGreaterThan(80);
      expect(widths.length).toBe(text.match(/<svg[^>]* role="img"/g)?.length);
    });
  },
);
