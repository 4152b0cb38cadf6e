import { describe, expect, it } from '@jest/globals';
import { reconcilePrompt, type ReconcileIntent } from './reconcile-prompt.js';

describe('the prompt of a reconciliation', () => {
  const input = (fields: Partial<ReconcileIntent>): ReconcileIntent => ({
    title: 'T',
    prompt: 'P',
    merged: true,
    patch: '',
    conflict: '',
    ...fields,
  });

  it('has all intents, the conflict, what failed and what the person said, and first the patches that are not in the tree', () => {
    const text = reconcilePrompt(
      [
        input({ title: 'Feature', prompt: 'Add it', patch: 'PATCH ONE' }),
        input({ title: 'Edge case', prompt: 'Fix it', merged: false, patch: 'PATCH TWO', conflict: 'BOTH SIDES' }),
      ],
      { instructions: 'Prefer the fix', failed: 'test (FAILED)' },
    );
    const places = [
      'Prefer the fix',
      'test (FAILED)',
      'Input 1: Feature (merged)',
      'Add it',
      'Input 2: Edge case (NOT merged)',
      'Fix it',
      'BOTH SIDES',
      'PATCH TWO',
      'PATCH ONE',
    ].map((word) => text.indexOf(word));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('is cut where it would be too long, between characters', () => {
    const text = reconcilePrompt([input({ prompt: 'ä'.repeat(20_000), patch: 'ö'.repeat(200_000) })], {
      instructions: '',
      failed: '',
    });
    expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
    expect(text).not.toContain('\uFFFD');
    expect(text.match(/\[cut here/g)).toHaveLength(2);
  });
});
