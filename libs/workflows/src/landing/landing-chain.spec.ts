import { describe, expect, it } from '@jest/globals';
import type { CheckOutcome, LandingMember } from '@heddle/contracts/workflows';
import { isRed, LandingChain } from './landing-chain.js';
import { LandingWindow } from './landing-window.js';

const member = (name: string): LandingMember => ({
  landingId: name,
  commit: `commit-${name}`,
  hasChecks: true,
  checksTimeoutMs: 1,
});
const chainOf = (...names: string[]): LandingChain => new LandingChain('tip', names.map(member));
const GREEN = { kind: 'GREEN', checks: [] } as const;
const RED = { kind: 'RED', checks: [] } as const;

describe('LandingChain', () => {
  it('lands green neighbours from the head together, and goes on from the last of them', () => {
    const chain = chainOf('a', 'b', 'c');
    chain.judge('b', GREEN);
    expect(chain.next()).toEqual({ kind: 'WAIT' });
    chain.judge('a', GREEN);
    expect(chain.next()).toMatchObject({ kind: 'LAND', tip: 'tip', members: [{ landingId: 'a' }, { landingId: 'b' }] });
    chain.landed(2);
    expect(chain.next()).toEqual({ kind: 'WAIT' });
    chain.judge('c', GREEN);
    expect(chain.next()).toMatchObject({ kind: 'LAND', tip: 'commit-b', members: [{ landingId: 'c' }] });
    chain.landed(1);
    expect(chain.next()).toEqual({ kind: 'DONE' });
  });

  it('holds a red one responsible only once all before it have landed', () => {
    const chain = chainOf('a', 'b', 'c');
    chain.judge('b', RED);
    expect(chain.next()).toEqual({ kind: 'WAIT' });
    chain.judge('a', GREEN);
    expect(chain.next()).toMatchObject({ kind: 'LAND', members: [{ landingId: 'a' }] });
    chain.landed(1);
    expect(chain.next()).toMatchObject({ kind: 'DROP', member: { landingId: 'b' }, verdict: RED, behind: ['c'] });
  });

  it('says nothing against those behind a red head, whatever their checks said', () => {
    const chain = chainOf('a', 'b', 'c');
    chain.judge('b', RED);
    chain.judge('c', GREEN);
    chain.judge('a', RED);
    expect(chain.next()).toMatchObject({ kind: 'DROP', member: { landingId: 'a' }, behind: ['b', 'c'] });
  });

  it('keeps the first verdict and lands fewer than offered', () => {
    const chain = chainOf('a', 'b');
    chain.judge('a', GREEN);
    chain.judge('a', RED);
    chain.judge('b', GREEN);
    expect(chain.next()).toMatchObject({ members: [{ landingId: 'a' }, { landingId: 'b' }] });
    chain.landed(1);
    expect(chain.remaining).toEqual(['b']);
  });
});

describe('isRed', () => {
  const check = (state: CheckOutcome['state'], advisory = false): CheckOutcome => ({
    name: 'unit',
    state,
    durationMs: 1,
    treeId: 't',
    environmentVersion: 1,
    advisory,
    statusDetail: '',
  });

  it('takes everything but PASSED for a no, unless the check is advisory', () => {
    expect([[], [check('PASSED')], [check('FAILED', true)]].map(isRed)).toEqual([false, false, false]);
    for (const state of ['FAILED', 'TIMED_OUT', 'ERRORED', 'SKIPPED'] as const)
      expect(isRed([check('PASSED'), check(state)])).toBe(true);
  });
});

describe('LandingWindow', () => {
  it('grows by what lands, halves by what fails, and stays between 1 and 16', () => {
    const window = new LandingWindow();
    expect(window.size).toBe(4);
    window.landed(3);
    expect(window.size).toBe(7);
    window.failed();
    expect(window.size).toBe(3);
    window.landed(100);
    expect(window.size).toBe(16);
    window.single();
    window.failed();
    expect(window.size).toBe(1);
    expect(new LandingWindow(0).size).toBe(1);
  });
});
