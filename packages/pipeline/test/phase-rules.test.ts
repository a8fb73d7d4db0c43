import { describe, expect, it } from 'vitest';
import { assignPhases, type PhaseCandidate, phaseByRule, phaseFromOrgans } from '../src/index.js';

describe('the phase that a text states', () => {
  // Names of public data sets (data sheets of the sets) and terms of reading rooms.
  it.each([
    ['nc', 'NC'],
    ['art', 'ART'],
    ['pvp', 'PV'],
    ['delay', 'DL'],
    ['nocontrast', 'NC'],
    ['arterial', 'ART'],
    ['venous', 'PV'],
    ['delayed', 'DL'],
    ['C-pre', 'NC'],
    ['C+A', 'ART'],
    ['C+V', 'PV'],
    ['C+Delay', 'DL'],
    ['AP', 'ART'],
    ['PVP', 'PV'],
    ['plain', 'NC'],
    ['Abdomen nativ 5.0 B30f', 'NC'],
    ['Oberbauch ohne KM', 'NC'],
    ['Leber spätarteriell', 'ART'],
    ['Leber art. 3.0', 'ART'],
    ['Abdomen portalvenös 3.0', 'PV'],
    ['Abd ven 5.0 I31f', 'PV'],
    ['Leber Spätphase', 'DL'],
    ['Foie sans injection', 'NC'],
    ['Temps artériel', 'ART'],
    ['Temps portal', 'PV'],
    ['Temps tardif 5mn', 'DL'],
    ['Hígado sin contraste', 'NC'],
    ['Fase arterial', 'ART'],
    ['Fase portal', 'PV'],
    ['Fase tardía', 'DL'],
    ['肝脏平扫', 'NC'],
    ['动脉期 1.25mm', 'ART'],
    ['门静脉期', 'PV'],
    ['延迟期', 'DL'],
    ['late arterial', 'ART'],
    ['Liver 35s', 'ART'],
    ['Liver 70 s', 'PV'],
    ['Liver 5 min', 'DL'],
  ])('%s is %s', (text, phase) => {
    expect(phaseByRule({ seriesDescription: text })).toMatchObject({ phase });
  });

  it.each([
    ['LIVER 3 PHASE'],
    ['arterial and portal venous'],
    ['Abdomen 5.0 B30f'],
    ['parties'],
    ['Mrs. Partington'],
  ])('%s states none', (text) => {
    expect(phaseByRule({ seriesDescription: text }).phase).toBeNull();
  });

  it.each([['Topogramm 0.6'], ['Dose Report'], ['PreMonitoring'], ['ART MIP cor']])(
    '%s is no image of a phase',
    (text) => {
      expect(phaseByRule({ seriesDescription: text })).toMatchObject({
        phase: null,
        excluded: true,
      });
    },
  );

  it('knows the sequences of MR, and only there', () => {
    expect(phaseByRule({ modality: 'MR', names: ['InPhase'] }).phase).toBe('InPhase');
    expect(phaseByRule({ modality: 'MR', names: ['T2WI'] }).phase).toBe('T2WI');
    expect(phaseByRule({ names: ['T2WI'] }).phase).toBeNull();
  });

  it('never repeats the text, which may hold a name', () => {
    const guess = phaseByRule({ seriesDescription: 'Mustermann arteriell' });
    expect(JSON.stringify(guess)).not.toContain('Mustermann');
  });

  it('is less sure where texts contradict each other or a native scan has an agent', () => {
    const plain = phaseByRule({ seriesDescription: 'nativ' }).confidence;
    const agent = phaseByRule({ seriesDescription: 'nativ', contrastAgent: 'Ultravist 300' });
    const folder = phaseByRule({ seriesDescription: 'nativ', names: ['ART'] });
    expect(agent.confidence).toBeLessThan(plain);
    expect(folder).toMatchObject({ phase: 'NC' });
    expect(folder.confidence).toBeLessThan(plain);
    expect(folder.reason).toContain('although');
  });
});

describe('the phase by the HU of organs', () => {
  // The first three are measured on public images (TotalSegmentator's test data), the others are
  // the rule of data sets without phase names: aorta - portal > 80 HU is arterial.
  it.each([
    ['NC', { aorta: 42, portal: 41, liver: 47 }],
    ['PV', { aorta: 153, portal: 136, liver: 93 }],
    ['ART', { aorta: 394 }],
    ['ART', { aorta: 250, portal: 120, liver: 75 }],
    ['PV', { aorta: 165, portal: 170, liver: 112 }],
    ['DL', { aorta: 110, portal: 108, liver: 88 }],
    ['NC', { aorta: 35 }],
  ])('%s', (phase, hu) => {
    expect(phaseFromOrgans(hu)).toMatchObject({ phase, source: 'image' });
  });

  it('is not sure near a limit, and says nothing of the liver alone', () => {
    const near = phaseFromOrgans({ aorta: 202, portal: 120, liver: 85 });
    const far = phaseFromOrgans({ aorta: 300, portal: 90, liver: 60 });
    expect(near.confidence).toBeLessThan(0.6);
    expect(far.confidence).toBeGreaterThan(0.9);
    expect(phaseFromOrgans({ liver: 60 }).phase).toBeNull();
  });
});

describe('the phases of a study', () => {
  const named = (key: string, more: Partial<PhaseCandidate> = {}): PhaseCandidate => ({
    key,
    facts: { seriesDescription: key },
    ...more,
  });
  const phasesOf = async (candidates: readonly PhaseCandidate[]) =>
    Object.fromEntries(
      (await assignPhases(candidates)).map(({ key, phase, chosen }) => [key, chosen ? phase : '-']),
    );

  it.each([[['P', 'C1', 'C2', 'C3']], [['0', '1', '2', '3']], [['CT_1', 'CT_2', 'CT_3', 'CT_4']]])(
    '%s are a set',
    async (names) => {
      const candidates = names.map((name) => ({
        key: name,
        facts: { names: [name] },
        shortName: name,
      }));
      expect(Object.values(await phasesOf(candidates))).toEqual(['NC', 'ART', 'PV', 'DL']);
    },
  );

  it('do not come from one short name alone', async () => {
    expect(await phasesOf([{ key: '0', facts: {}, shortName: '0' }])).toEqual({ 0: '-' });
  });

  it('come once: late arterial before early, soft tissue before bone', async () => {
    const series = [named('early arterial'), named('late arterial'), named('portal venous')];
    expect(await phasesOf(series)).toMatchObject({ 'early arterial': '-', 'late arterial': 'ART' });
    const decisions = await assignPhases([
      named('a', { facts: { seriesDescription: 'ven' }, kernel: 'B70f', slices: 200 }),
      named('b', { facts: { seriesDescription: 'ven' }, kernel: 'B30f', slices: 40 }),
    ]);
    expect(decisions.map(({ chosen }) => chosen)).toEqual([false, true]);
    expect(decisions[0]?.reason).toContain('kernel for soft tissue');
  });

  it('follow from the order where one place is left', async () => {
    const series = [
      named('nativ', { acquiredAt: 0 }),
      named('arteriell', { acquiredAt: 100 }),
      named('x', { acquiredAt: 130 }),
      named('spät', { acquiredAt: 300 }),
    ];
    expect(await phasesOf(series)).toMatchObject({ x: 'PV' });
  });

  it('follow from the contrast agent for the native scan', async () => {
    const agent = 'Imeron 350';
    const series = [
      named('x', { facts: { contrastAgent: '' } }),
      named('art', { facts: { seriesDescription: 'art', contrastAgent: agent } }),
      named('ven', { facts: { seriesDescription: 'ven', contrastAgent: agent } }),
    ];
    expect(await phasesOf(series)).toMatchObject({ x: 'NC' });
  });

  it('are compared with each other where two look venous', async () => {
    const organs = (aorta: number) => async () => ({ aorta, portal: aorta - 8, liver: 96 });
    const series = [named('a', { organs: organs(128) }), named('b', { organs: organs(112) })];
    expect(await phasesOf(series)).toEqual({ a: 'PV', b: 'DL' });
  });

  it('are what the user says', async () => {
    const given = { phase: 'ART', reason: 'the user', confidence: 1, source: 'user' } as const;
    const decisions = await assignPhases([named('portal venous', { given }), named('arterial')]);
    expect(decisions.map(({ phase, chosen }) => (chosen ? phase : '-'))).toEqual(['ART', '-']);
  });

  it('survive an image that cannot be read', async () => {
    const { FlcError } = await import('@flc-native/errors');
    const read = async () => {
      throw new FlcError('DATA_ERROR', 'truncated');
    };
    const decisions = await assignPhases([named('x', { read }), named('arterial')]);
    expect(decisions.map(({ phase }) => phase)).toEqual([null, 'ART']);
  });

  it('are not told of an image whose disk fails', async () => {
    const { FlcError } = await import('@flc-native/errors');
    const read = async () => {
      throw new FlcError('IO_ERROR', 'reading failed (EIO)');
    };
    await expect(assignPhases([named('x', { read })])).rejects.toMatchObject({ code: 'IO_ERROR' });
  });
});
