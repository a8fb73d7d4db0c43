import { describe, expect, it, vi } from 'vitest';
import { abortWith, FlcError, throwIfCancelled, withReason } from '../src/index.js';

const reason = new Error('Ctrl-C');

describe('throwIfCancelled', () => {
  it('throws CANCELLED with the reason once the signal is aborted', () => {
    const controller = new AbortController();
    throwIfCancelled(undefined);
    throwIfCancelled(controller.signal);
    controller.abort(reason);
    expect(() => throwIfCancelled(controller.signal, 'the export was stopped')).toThrow(
      expect.objectContaining({
        code: 'CANCELLED',
        message: 'the export was stopped',
        cause: reason,
      }),
    );
  });
});

describe('abortWith', () => {
  it('calls back on abort until it is released', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const cancel = vi.fn();
    abortWith(undefined, cancel)();
    abortWith(first.signal, cancel)();
    first.abort();
    expect(cancel).not.toHaveBeenCalled();
    abortWith(second.signal, cancel);
    second.abort();
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  it('refuses a signal that is aborted already', () => {
    const cancel = vi.fn();
    expect(() => abortWith(AbortSignal.abort(reason), cancel)).toThrow(
      expect.objectContaining({ code: 'CANCELLED', cause: reason }),
    );
    expect(cancel).not.toHaveBeenCalled();
  });
});

describe('withReason', () => {
  it('gives CANCELLED the reason of the signal, and leaves everything else as it is', () => {
    const signal = AbortSignal.abort(reason);
    const bare = new FlcError('CANCELLED', 'stopped', { details: { step: 3 }, remedy: 'resume' });
    const told = withReason(bare, signal);
    expect(told).toMatchObject({ ...bare.toJSON(), cause: reason });
    expect(withReason(told, AbortSignal.abort('later'))).toBe(told);
    for (const [thrown, by] of [
      [bare, undefined],
      [bare, new AbortController().signal],
      [new FlcError('DATA_ERROR', 'empty'), signal],
      ['text', signal],
    ] as const) {
      expect(withReason(thrown, by)).toBe(thrown);
    }
  });
});
