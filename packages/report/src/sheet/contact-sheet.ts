import { formatGreyPng } from '@flc-native/pipeline';
import { html, nothing, trusted } from '../page/html.js';
import { maskOutline } from '../pictures/outline.js';
import { toDataUri } from '../pictures/png.js';

/** A lesion as `sheetDataset` of the pipeline draws it. */
export interface ContactSheetLesion {
  readonly caseId: string;
  readonly key: string;
  readonly class: string | null;
  readonly panels: readonly ContactSheetPanel[];
}

export type ContactSheetPanel =
  | {
      readonly phase: string;
      readonly problem?: undefined;
      readonly width: number;
      readonly height: number;
      readonly grey: Uint8Array;
      readonly mask: Uint8Array;
    }
  | { readonly phase: string; readonly problem: string };

export interface ContactSheetOptions {
  readonly phases: readonly string[];
  readonly synthetic: boolean;
}

const style = `
:root { color-scheme: dark; }
body { margin: 0; padding: 20px; background: #12151a; color: #e6ebf1; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 4px; }
p { color: #9aa7b5; margin: 0 0 16px; max-width: 80ch; }
.note { color: #f2c55c; font-weight: 600; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); }
li { background: #1b2129; border-radius: 8px; padding: 10px; }
h2 { font-size: .95rem; margin: 0 0 6px; font-weight: 600; overflow-wrap: anywhere; }
.row { display: flex; gap: 6px; }
figure { margin: 0; flex: 1 1 0; min-width: 0; }
svg { display: block; width: 100%; height: auto; background: #000; image-rendering: pixelated; }
path { fill: none; stroke: #ffd60a; stroke-width: 1; vector-effect: non-scaling-stroke; }
figcaption { color: #9aa7b5; font-size: .85rem; }
.problem { color: #ff8a80; overflow-wrap: anywhere; }
`;

/**
 * One page with every lesion in every phase and the outline of its mask, so that a flipped or shifted case is seen at a
 * glance. It needs no other file and asks the network for nothing.
 */
export function contactSheet(
  lesions: readonly ContactSheetLesion[],
  { phases, synthetic }: ContactSheetOptions,
): string {
  const cases = new Set(lesions.map(({ caseId }) => caseId)).size;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Contact sheet</title>
<style>${trusted(style)}</style>
</head>
<body>
<h1>Contact sheet: ${lesions.length} lesions of ${cases} cases</h1>
${synthetic ? html`<p class="note">Synthetic data.</p>` : nothing}
<p>The slice on which the lesion is largest, in ${phases.join(', ')}; the reader's left is the patient's right. The yellow outline is the mask, drawn where it lies in the world: it must sit on the lesion in every phase. Research software, not a medical device.</p>
<ul>
${lesions.map(lesionItem)}
</ul>
</body>
</html>
`.toString();
}

function lesionItem(lesion: ContactSheetLesion) {
  return html`<li><h2>${lesion.caseId} · ${lesion.key} · ${lesion.class ?? 'no class'}</h2>
<div class="row">${lesion.panels.map(figure)}</div></li>
`;
}

function figure(panel: ContactSheetPanel) {
  if (panel.problem !== undefined) {
    return html`<figure><figcaption>${panel.phase}: <span class="problem">${panel.problem}</span></figcaption></figure>`;
  }
  const { width, height, grey, mask, phase } = panel;
  const path = maskOutline(mask, height, width)
    .map(({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`)
    .join('');
  return html`<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${phase}"><image width="${width}" height="${height}" href="${toDataUri(formatGreyPng(grey, width, height))}"/><path d="${path}"/></svg><figcaption>${phase}</figcaption></figure>`;
}
