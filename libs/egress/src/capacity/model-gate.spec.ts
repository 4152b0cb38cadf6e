import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMIT } from './adaptive-limit.js';
import { ModelGate, type Turn } from './model-gate.js';

describe('the line to a model', () => {
  const [greedy, modest, late] = [{ name: 'greedy' }, { name: 'modest' }, { name: 'late' }];
  let gate: ModelGate;
  let turns: { readonly sandbox: object; readonly turn: Turn }[];
  let failed: unknown[];
  let endedCount: number;
  let gone: AbortController;

  beforeEach(() => {
    jest.useFakeTimers();
    turns = [];
    failed = [];
    endedCount = 0;
    gone = new AbortController();
    gate = open(2);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function open(max: number): ModelGate {
    const made = new ModelGate({ ...DEFAULT_LIMIT, initial: max, max, random: () => 0 });
    for (const sandbox of [greedy, modest, late]) made.join(sandbox);
    return made;
  }

  async function enter(sandbox: object, maxWaitMs = 10_000): Promise<void> {
    gate.enter(sandbox, { maxWaitMs, signal: gone.signal }).then(
      (turn) => turns.push({ sandbox, turn }),
      (error: unknown) => failed.push(error),
    );
    await settled();
  }

  const settled = (): Promise<unknown> => jest.advanceTimersByTimeAsync(0);
  const order = (): object[] => turns.map(({ sandbox }) => sandbox);

  async function endFirst(): Promise<void> {
    turns[endedCount]?.turn.ended();
    endedCount += 1;
    await settled();
  }

  it('gives each sandbox its turn, however many requests one has', async () => {
    gate = open(1);
    for (let count = 0; count < 5; count += 1) await enter(greedy);
    await enter(modest);
    await enter(late);
    expect([greedy, modest].map((sandbox) => gate.isInLine(sandbox))).toEqual([false, true]);
    for (let count = 0; count < 3; count += 1) await endFirst();
    expect(order()).toEqual([greedy, modest, late, greedy]);
    expect([greedy, modest].map((sandbox) => gate.isInLine(sandbox))).toEqual([false, false]);
  });

  it('leaves a place to the others', async () => {
    for (let count = 0; count < 5; count += 1) await enter(greedy);
    expect(order()).toEqual([greedy]);
    await enter(modest);
    expect(order()).toEqual([greedy, modest]);
  });

  it('gives one that is alone all places', async () => {
    for (const sandbox of [modest, late]) gate.leave(sandbox);
    for (let count = 0; count < 5; count += 1) await enter(greedy);
    expect(order()).toEqual([greedy, greedy]);
  });

  it('lets nobody wait for longer than it may', async () => {
    gate = open(1);
    await enter(greedy);
    await enter(modest, 5_000);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(failed).toMatchObject([{ reason: 'MODEL_BUSY', status: 429 }]);
    await endFirst();
    expect(order()).toEqual([greedy]);
  });

  it('sends those away at once who may not wait until a pause ends', async () => {
    gate = open(1);
    await enter(greedy);
    await enter(modest, 5_000);
    await enter(late, 30_000);
    turns[0]?.turn.refused(20_000);
    await settled();
    expect(failed).toMatchObject([{ reason: 'MODEL_BUSY', retryAfterMs: 20_000 }]);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(order()).toEqual([greedy, late]);
  });

  it('lets who goes away leave the line', async () => {
    gate = open(1);
    await enter(greedy);
    await enter(modest);
    gone.abort();
    await settled();
    expect(failed).toMatchObject([{ reason: 'CLIENT_ABORTED' }]);
    await endFirst();
    expect(order()).toEqual([greedy]);
  });

  it('goes on when a sandbox has left', async () => {
    gate = open(1);
    await enter(greedy);
    await enter(greedy);
    await enter(modest);
    gate.leave(greedy);
    await settled();
    expect(failed).toMatchObject([{ reason: 'CLIENT_ABORTED' }]);
    turns[0]?.turn.ended();
    turns[0]?.turn.ended();
    await settled();
    expect(order()).toEqual([greedy, modest]);
  });

  it('forgets what it learned of a server that was left alone', async () => {
    gate = open(4);
    await enter(greedy);
    turns[0]?.turn.refused();
    await jest.advanceTimersByTimeAsync(600_000);
    for (const sandbox of [greedy, modest, late]) await enter(sandbox);
    expect(order()).toEqual([greedy, greedy, modest, late]);
  });
});
