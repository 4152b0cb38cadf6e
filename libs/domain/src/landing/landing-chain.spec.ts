import { describe, expect, it } from '@jest/globals';
import { LandingChain } from './landing-chain.js';

describe('LandingChain', () => {
  it('lands green neighbours from the head together, and goes on from there', () => {
    const chain = new LandingChain(3);
    expect(chain.wanted()).toEqual([0, 1, 2]);
    chain.judge(1, 'GREEN');
    chain.judge(0, 'GREEN');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 2 });
    chain.landed(2);
    expect([chain.head, chain.next()]).toEqual([2, { kind: 'WAIT' }]);
    chain.judge(2, 'GREEN');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 1 });
    chain.landed(1);
    expect(chain.next()).toEqual({ kind: 'DONE' });
  });

  it('holds a red one responsible only once all before it have landed', () => {
    const chain = new LandingChain(3);
    chain.judge(1, 'RED');
    expect(chain.next()).toEqual({ kind: 'WAIT' });
    chain.judge(0, 'GREEN');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 1 });
    chain.landed(1);
    expect(chain.next()).toEqual({ kind: 'DROP', verdict: 'RED' });
  });

  it('says nothing against those behind a red head, whatever their tests said', () => {
    const chain = new LandingChain(3);
    chain.judge(1, 'RED');
    chain.judge(2, 'GREEN');
    chain.judge(0, 'RED');
    expect(chain.next()).toEqual({ kind: 'DROP', verdict: 'RED' });
  });

  it('keeps the first verdict', () => {
    const chain = new LandingChain(1);
    chain.judge(0, 'GREEN');
    chain.judge(0, 'RED');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 1 });
  });

  it('tests the end of each batch, and halves one that is red until its first red member is known', () => {
    const chain = new LandingChain(8, 4);
    expect(chain.wanted()).toEqual([3, 7]);
    chain.judge(7, 'RED');
    expect(chain.wanted()).toEqual([3, 5]);
    chain.judge(3, 'GREEN');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 4 });
    chain.landed(4);
    chain.judge(5, 'GREEN');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 2 });
    chain.landed(2);
    expect(chain.wanted()).toEqual([6]);
    chain.judge(6, 'GREEN');
    chain.landed(1);
    // The last suspect is not tested again: it was, with all that is before it on the branch now.
    expect([chain.wanted(), chain.next()]).toEqual([[], { kind: 'DROP', verdict: 'RED' }]);
  });

  it('tests what is before an unwanted one, and drops that without a word against it', () => {
    const chain = new LandingChain(4, 4);
    chain.judge(2, 'UNWANTED');
    expect(chain.wanted()).toEqual([1]);
    chain.judge(1, 'GREEN');
    expect(chain.next()).toEqual({ kind: 'LAND', count: 2 });
    chain.landed(2);
    expect(chain.next()).toEqual({ kind: 'DROP', verdict: 'UNWANTED' });
  });
});
