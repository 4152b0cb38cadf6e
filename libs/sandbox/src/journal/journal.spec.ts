import { describe, expect, it } from '@jest/globals';
import { parseJournal } from './journal.js';
import type { JournalEntry } from './journal-entry.js';
import { foldJournal } from './journal-state.js';

const identity = { bootId: 'b', pidNamespace: 'pid:[1]', pid: 7, startTime: '9' };
const result = { outcome: 'EXITED', exitCode: 0, endedAt: 5, outputTruncated: false } as const;
const starting = {
  type: 'starting',
  box: 'x',
  process: 'turn-1',
  spools: ['o'],
  drainers: [identity],
} as const;

describe('a journal', () => {
  it('leaves out a last line that was cut off, and one that a full disk cut in the middle', () => {
    const text = '{"type":"released"}\n{"type":"phase","pha\n{"type":"log-ended"}\n{"type":"stop';
    expect(parseJournal(text).map((entry) => entry.type)).toEqual(['released', 'log-ended']);
  });

  it('takes an end back together with what was concluded from it, as long as nothing is stored', () => {
    const taken = { ...result, outcome: 'INTERRUPTED' } as const;
    const before: JournalEntry[] = [
      { type: 'phase', phase: 'provision', result: {} },
      { ...starting, box: 'first' },
      { type: 'ended', box: 'first', process: 'turn-1', result },
      { type: 'phase', phase: 'turn/1', result: {} },
    ];
    const state = foldJournal([...before, { type: 'ended', box: 'first', process: 'turn-1', result: taken }]);
    expect([...state.phases.keys()]).toEqual(['provision']);
    expect(state.processes.get('first/turn-1')).toMatchObject({ result: taken, stored: false });
    const stored = foldJournal([
      ...before,
      { type: 'checkpoint', number: 1, commit: 'c', tree: 't', final: true },
      { type: 'stored', number: 1, ref: 'r', changeId: 'id' },
    ]);
    expect(stored.processes.get('first/turn-1')).toMatchObject({ result, stored: true });
  });

  it('adds up to what is running, what ended and what was stored', () => {
    const entries: JournalEntry[] = [
      starting,
      { type: 'started', box: 'x', process: 'turn-1', main: identity, startedAt: 3 },
      { type: 'checkpoint', number: 1, commit: 'c', tree: 't', final: true },
      { type: 'stored', number: 1, ref: 'r', changeId: 'id' },
      { type: 'phase', phase: 'turn/1', result: { a: 1 } },
      { type: 'stopping', reason: 'TIME_LIMIT' },
      { type: 'stopping', reason: 'CANCELLED' },
      { type: 'ended', box: 'x', process: 'turn-1', result },
    ];
    const state = foldJournal(entries);
    expect(state.processes.get('x/turn-1')).toMatchObject({ main: identity, startedAt: 3, result });
    expect(state.checkpoints.get(1)).toMatchObject({ commit: 'c', stored: { changeId: 'id' } });
    expect(state.phases.get('turn/1')).toEqual({ a: 1 });
    expect(state.stopping).toBe('TIME_LIMIT');
    expect(state.released).toBe(false);
  });

  it('a start that never came to be leaves nothing behind when it is tried again', () => {
    const again = { ...starting, spools: ['p'] };
    const state = foldJournal([
      starting,
      { type: 'started', box: 'x', process: 'turn-1', main: identity, startedAt: 1 },
      again,
    ]);
    expect(state.processes.get('x/turn-1')).toEqual({
      box: 'x',
      process: 'turn-1',
      spools: ['p'],
      drainers: [identity],
      stored: false,
    });
  });
});
