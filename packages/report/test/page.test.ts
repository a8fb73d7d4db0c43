import { describe, expect, it } from 'vitest';
import type { EvaluationResult } from '../src/evaluation.js';
import { reportMarkdown } from '../src/format/report-markdown.js';
import { escapeHtml, html } from '../src/page/html.js';
import { reportPage } from '../src/page/page.js';
import { meansOf } from '../src/page/training-curves.js';
import { LesionImages } from '../src/pictures/lesion-images.js';
import { lineChart } from '../src/plots/line-chart.js';
import { buildReport } from '../src/report-model.js';
import { parseEvents } from '../src/training-events.js';
import { syntheticCohort } from './synthetic-cohort.js';

const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;

describe('escaping', () => {
  it('covers all five letters and control characters', () => {
    expect(escapeHtml(`<a b="c" d='e'>&\u0000`)).toBe(
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\ufffd',
    );
  });

  it('escapes what is put in, once, and not what the tag made', () => {
    expect(html`<p>${'<'}${html`<b>${'&'}</b>`}</p>`.toString()).toBe('<p>&lt;<b>&amp;</b></p>');
  });

  it('lets nothing from data become markup, wherever it appears', async () => {
    const evaluation: EvaluationResult = {
      name: attack,
      classes: [attack, 'b'],
      unit: 'lesion',
      synthetic: false,
      predictions: [
        {
          id: attack,
          patientId: attack,
          truth: 'b',
          predicted: attack,
          probabilities: [0.5, 0.5],
          proportions: [0.5, 0.5],
          sliceIds: [attack],
          warnings: [attack],
        },
      ],
      labelMaps: [],
      provenance: { [attack]: attack },
    };
    const images = new LesionImages();
    const panel = { title: attack, dataUri: 'data:image/png;base64,AA==' };
    images.add(attack, attack, [
      { sampleId: attack, file: attack, height: 1, width: 1, panels: [panel], outline: [] },
    ]);
    const sample = {
      id: attack,
      patientId: attack,
      lesionId: attack,
      class: attack,
      areaPixels: 1,
      coverageLowered: true,
    };
    const model = buildReport({
      title: attack,
      evaluations: [evaluation],
      cohort: { samples: [sample], classes: [attack] },
      splits: { partitions: [{ name: attack, train: [attack], val: [], test: [] }] },
      training: [{ name: attack, events: [{ type: 'step', step: 1, accuracy: 1 }] }],
      replicates: 0,
    });
    const page = await reportPage(model, images);
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toMatch(/<script/i);
    expect(page).not.toContain('<img');
    // The letters of "onerror=" may stand in text and in quoted values; an attribute of that name may not.
    expect(page.replace(/"[^"<>]*"/g, '""')).not.toMatch(/<[^<>]*\son\w+=/i);
    expect(reportMarkdown(model, images)).not.toMatch(/<script|<img/i);
  });
});

describe('the page', async () => {
  const { evaluation, prepared, events } = syntheticCohort(16);
  const model = buildReport({
    title: 'Title',
    evaluations: [evaluation],
    cohort: prepared.index,
    training: [{ name: 'run', events }],
    replicates: 50,
  });
  const page = await reportPage(model, new LesionImages());

  it('asks for nothing: no script, no link, no address but in-page anchors', () => {
    expect(page).not.toMatch(/<(script|link|iframe|object|embed|img)\b/i);
    const targets = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1]);
    expect(targets.length).toBeGreaterThan(3);
    for (const target of targets) expect(target).toMatch(/^(#|data:image\/png|pictures\/)/);
    expect(page).not.toMatch(/url\(|@import/);
    expect(page).toContain(`default-src 'none'`);
  });

  it('has balanced elements', () => {
    for (const name of [
      'table',
      'tr',
      'td',
      'th',
      'section',
      'article',
      'figure',
      'svg',
      'ul',
      'div',
    ]) {
      const opened = page.match(new RegExp(`<${name}[\\s>]`, 'g'))?.length ?? 0;
      const closed = page.match(new RegExp(`</${name}>`, 'g'))?.length ?? 0;
      expect([name, opened]).toEqual([name, closed]);
    }
  });

  it('names every picture, gives every table a caption and every header a scope', () => {
    for (const [svg] of page.matchAll(/<svg[^>]*>/g)) {
      expect(svg).toMatch(/aria-label="[^"]+"|aria-hidden="true"/);
    }
    expect(page.match(/<table/g)?.length).toBe(page.match(/<caption/g)?.length);
    expect(page.match(/<th[ >]/g)?.length).toBe(page.match(/<th scope="(row|col)"/g)?.length);
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('width=device-width');
  });

  it('says what it is', async () => {
    expect(page).toContain('not a medical device');
    expect(page).toContain('Synthetic data');
    const real = buildReport({
      title: 't',
      evaluations: [{ ...evaluation, synthetic: false }],
      replicates: 0,
    });
    expect(await reportPage(real, new LesionImages())).not.toContain('Synthetic data');
  });

  it('shows wrong decisions first and all lesions', () => {
    const order = [...page.matchAll(/class="lesion (\w+)"/g)].map((match) => match[1]);
    expect(order).toHaveLength(16);
    expect(order).toEqual(
      ['wrong', 'right', 'unlabelled'].flatMap((verdict) => order.filter((of) => of === verdict)),
    );
    expect(order[0]).toBe('wrong');
    expect(order.at(-1)).toBe('unlabelled');
  });
});

describe('line chart', () => {
  it('breaks the line at a missing value and describes its end', async () => {
    const chart = await lineChart({
      title: 'Loss',
      xLabel: 'step',
      yLabel: 'loss',
      series: [
        {
          name: 'last',
          points: [
            [0, 1],
            [1, 0.8],
            [2, null],
            [3, 0.6],
            [4, 0.5],
          ],
        },
      ],
    });
    const line = chart.toString().match(/d="(M[^"]*L[^"]*)" stroke="var\(--s0\)"/)?.[1];
    expect(line?.match(/M/g)).toHaveLength(2);
    expect(chart.toString()).toContain('last: 0.5 at step 4');
    expect(chart.toString()).not.toContain('NaN');
  });

  it('draws no NaN without any point', async () => {
    const series = [{ name: 'a', points: [] }];
    const chart = await lineChart({ title: 't', xLabel: 'x', yLabel: 'y', series });
    expect(chart.toString()).not.toMatch(/NaN|Infinity/);
  });
});

describe('training events', () => {
  const line = '{"type":"step","step":1,"loss":0.5}\n';

  it('drops half a last line and keeps a whole one', () => {
    expect(parseEvents(`${line}{"type":"st`)).toHaveLength(1);
    expect(parseEvents(`${line}${line.trim()}`)).toHaveLength(2);
  });

  it('refuses damage elsewhere with the line', () => {
    expect(() => parseEvents(`${line}oops\n${line}`)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR', message: expect.stringContaining('Line 2') }),
    );
  });

  it('averages stretches and leaves out missing values', () => {
    const records = [1, null, 3, null].map((accuracy, i) => ({
      type: 'step',
      step: i + 1,
      accuracy,
    }));
    expect(meansOf(records, 'accuracy', 3)).toEqual([
      [2, 2],
      [4, null],
    ]);
  });
});
