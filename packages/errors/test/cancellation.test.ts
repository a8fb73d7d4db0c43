import { describe, expect, it, vi } from 'vitest';
import { abortWith, throwIfCancelled } from '../src/index.js';

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
