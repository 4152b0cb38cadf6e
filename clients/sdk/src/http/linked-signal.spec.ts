import { describe, expect, it } from '@jest/globals';
import { linkSignal } from './linked-signal.js';

describe('linkSignal', () => {
  it('aborts with the reason of the outer signal, also if that was there before', () => {
    const outer = new AbortController();
    const early = linkSignal(outer.signal);
    outer.abort('enough');
    expect(early.signal.reason).toBe('enough');
    expect(linkSignal(outer.signal).signal.reason).toBe('enough');
  });

  it('aborts by itself without touching the outer one', () => {
    const outer = new AbortController();
    const linked = linkSignal(outer.signal);
    linked.abort('mine');
    expect(linked.signal.reason).toBe('mine');
    expect(outer.signal.aborted).toBe(false);
  });

  it('lets go', () => {
    const outer = new AbortController();
    const linked = linkSignal(outer.signal);
    linked.release();
    outer.abort();
    expect(linked.signal.aborted).toBe(false);
  });

  it('needs no outer signal', () => {
    expect(linkSignal(undefined).signal.aborted).toBe(false);
  });
});
