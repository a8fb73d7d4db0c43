import { describe, expect, it } from 'vitest';
import { contactSheet } from '../src/index.js';

const grey = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
const mask = Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
const lesions = [
  {
    caseId: '0123456789ab',
    key: 'lesion-1',
    class: '<b>hcc</b>',
    panels: [
      { phase: 'ART', width: 4, height: 3, grey, mask },
      { phase: 'PV', problem: 'missing' },
    ],
  },
];

describe('the contact sheet', () => {
  const page = contactSheet(lesions, { phases: ['ART', 'PV'], synthetic: true });

  it('draws each phase with the outline of the mask, or says why not', () => {
    expect(page.match(/data:image\/png;base64,/g)).toHaveLength(1);
    // The mask covers two pixels side by side.
    for (const piece of ['M1 1L3 1', 'M1 2L3 2', 'M1 1L1 2', 'M3 1L3 2']) {
      expect(page).toContain(piece);
    }
    expect(page).toContain('PV: <span class="problem">missing</span>');
  });

  it('is one file that asks for nothing, escapes what comes from data and says what it is', () => {
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page).toContain('&lt;b&gt;hcc&lt;/b&gt;');
    expect(page).toContain('Synthetic data.');
    expect(page).toContain('not a medical device');
    expect(contactSheet(lesions, { phases: ['PV'], synthetic: false })).not.toContain('Synthetic');
  });
});
