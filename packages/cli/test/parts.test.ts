import { FlcError, suggest } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import { differences } from '../src/differences.js';
import { exitCodeOf, formatFailure } from '../src/failure.js';
import { flag, integer, numbers, pairs, texts, withDefault } from '../src/option.js';
import { duration, lineProgress } from '../src/progress.js';
import { redactPaths } from '../src/redact.js';
import { flagName, resolveSettings } from '../src/settings.js';

describe('suggest', () => {
  it('finds slips of the pen and nothing far away', () => {
    expect(suggest('maxStep', ['maxSteps', 'momentum'])).toBe('maxSteps');
    expect(suggest('tarin', ['train', 'check'])).toBe('train');
    expect(suggest('zebra', ['train', 'check'])).toBeUndefined();
  });
});

describe('settings', () => {
  const options = {
    steps: withDefault(integer('steps', { min: 1 }), 5),
    widths: numbers('<a,b>', 'widths'),
    full: flag('full'),
    phase: pairs('<name=file>', 'phase'),
    run: texts('<dir>', 'run'),
  };

  it('have typed values and defaults', async () => {
    const given = { widths: '4,8', phase: ['NC=a=b.nii', 'PV=c.nii'], run: ['x', 'y'] };
    expect(await resolveSettings(options, given, undefined)).toEqual({
      steps: 5,
      widths: [4, 8],
      full: false,
      phase: { NC: 'a=b.nii', PV: 'c.nii' },
      run: ['x', 'y'],
    });
  });

  it('have flags in kebab-case', () => {
    expect(flagName('evaluatePatchesPerLesion')).toBe('--evaluate-patches-per-lesion');
  });
});

describe('line progress', () => {
  const record = () => {
    const lines: string[] = [];
    let time = 0;
    const progress = lineProgress({ write: (text) => lines.push(text.trim()) }, 'work', () => time);
    const at = (seconds: number, done: number, note?: string) => {
      time = seconds * 1000;
      progress.update(done, 100, note);
    };
    return { lines, at };
  };

  it('writes the first state, then one line in five seconds, and the end', () => {
    const { lines, at } = record();
    for (let second = 0; second <= 20; second++) at(second, 5 * second);
    expect(lines).toEqual([
      'work: 0/100',
      'work: 25/100, 15s left',
      'work: 50/100, 10s left',
      'work: 75/100, 5s left',
      'work: 100/100',
    ]);
  });

  it('measures the pace of this run only', () => {
    const { lines, at } = record();
    at(0, 80, 'loss 1');
    at(10, 90);
    expect(lines).toEqual(['work: 80/100, loss 1', 'work: 90/100, 10s left']);
  });

  it('writes durations for people', () => {
    expect([5, 75, 3725].map(duration)).toEqual(['5s', '1m15s', '1h02m']);
  });
});

describe('failures', () => {
  it('map to the exit codes of the architecture', () => {
    const codes = [
      'INVALID_CONFIG',
      'DATA_ERROR',
      'GEOMETRY_MISMATCH',
      'CHECKPOINT_CORRUPT',
    ] as const;
    expect(codes.map(exitCodeOf)).toEqual([2, 3, 3, 3]);
    expect(exitCodeOf('CANCELLED')).toBe(130);
    expect(
      (['IO_ERROR', 'INTERNAL', 'OUT_OF_MEMORY', 'CUDA_UNAVAILABLE'] as const).map(exitCodeOf),
    ).toEqual([1, 1, 1, 1]);
  });

  it('show a file even where the error hides it from JSON', () => {
    const details = Object.defineProperty({ tag: 3 }, 'file', {
      value: '/a/b.nii',
      enumerable: false,
    });
    const error = new FlcError('DATA_ERROR', 'cut short', { details, remedy: 'copy it again' });
    expect(formatFailure(error, false, true).split('\n')).toEqual([
      'error DATA_ERROR: cut short',
      '  file: /a/b.nii',
      '  tag: 3',
      '  remedy: copy it again',
    ]);
  });

  it('is without paths where stderr may be a log', () => {
    const cause = new Error("ENOENT: open '/data/Erika Mustermann/PV.nii'");
    const details = { file: '/data/Erika Mustermann/PV.nii', systemCode: 'ENOENT' };
    const shown = formatFailure(
      new FlcError('IO_ERROR', 'no file', { details, cause }),
      false,
      false,
    );
    expect(shown).toMatch(/file: file:[0-9a-f]{12} \(--verbose shows the path\)/);
    expect(shown).not.toMatch(/Erika|Mustermann/);
    expect(shown).toContain('ENOENT');
  });

  it('is without the paths of a message that another library wrote', () => {
    const message =
      'r-Meier/state.safetensors: No space left on device (os error 28) at path "/data/Hans Meier/.tmp1"';
    const failure = new FlcError('IO_ERROR', message, { details: { file: 'r-Meier' } });
    const shown = formatFailure(failure, false, false);
    expect(shown).not.toMatch(/Meier/);
    expect(shown).toMatch(/^error IO_ERROR: file:[0-9a-f]{12}: No space left .* at path "file:/);
    expect(formatFailure(failure, false, true)).toContain(message);
    const named = new FlcError('INVALID_CONFIG', 'dataset.yaml lacks phases', {
      details: { file: '/data/dataset.yaml' },
    });
    expect(formatFailure(named, false, false)).toContain(': dataset.yaml lacks phases');
  });
});

describe('redactPaths', () => {
  it('replaces a path everywhere by one token, also its name alone', () => {
    const path = '/data/Meier Hans/PV.nii.gz';
    const redacted = JSON.stringify(
      redactPaths({
        message: `${path} is cut: PV.nii.gz, see /home/Meier/x.`,
        details: { file: path },
      }),
    );
    expect(redacted).not.toMatch(/Meier|PV/);
    expect(new Set(redacted.match(/file:[0-9a-f]{12}/g)).size).toBe(2);
  });

  it('leaves ids, numbers and words alone', () => {
    const value = { id: '0123456789ab/lesion-1/12', share: 0.5, text: 'loss 1/2', list: [1, null] };
    expect(redactPaths(value)).toEqual(value);
  });

  it('knows the paths of the call', () => {
    expect(
      JSON.stringify(redactPaths({ message: 'Meier.yaml has no key' }, ['Meier.yaml'])),
    ).not.toContain('Meier');
  });
});

describe('differences', () => {
  it('name what a configuration changes', () => {
    const paper = { network: { depth: 3, widths: [16, 32] }, steps: 3000, seed: 0 };
    expect(differences({ network: { depth: 3, widths: [8, 16] }, steps: 300 }, paper)).toEqual([
      'network.widths 8,16 (paper: 16,32)',
      'steps 300 (paper: 3000)',
    ]);
  });
});
