import { describe, expect, it } from '@jest/globals';
import { inputReport } from './input-report.js';

describe('inputReport', () => {
  it('says of each path of an input whether the result has it as it is, otherwise, or not at all', () => {
    const input = [
      { path: 'kept.ts', content: '100644 1' },
      { path: 'mode.sh', content: '100755 2' },
      { path: 'gone.ts', content: undefined },
      { path: 'woven.ts', content: '100644 3' },
      { path: 'left-out.ts', content: '100644 4' },
      { path: 'not-gone.ts', content: undefined },
    ];
    const result = [
      { path: 'kept.ts', content: '100644 1' },
      { path: 'mode.sh', content: '100644 2' },
      { path: 'gone.ts', content: undefined },
      { path: 'woven.ts', content: '100644 9' },
      { path: 'of-another-input.ts', content: '100644 5' },
    ];
    expect(inputReport(input, result)).toEqual([
      { path: 'kept.ts', outcome: 'KEPT' },
      { path: 'mode.sh', outcome: 'CHANGED' },
      { path: 'gone.ts', outcome: 'KEPT' },
      { path: 'woven.ts', outcome: 'CHANGED' },
      { path: 'left-out.ts', outcome: 'DROPPED' },
      { path: 'not-gone.ts', outcome: 'DROPPED' },
    ]);
  });

  it('says that lines were dropped for those of another side, until the result has moved on', () => {
    const input = [
      { path: 'lib.ts', content: '100644 1' },
      { path: 'same.ts', content: '100644 2' },
      { path: 'gone.ts', content: '100644 3' },
    ];
    const taken = [
      { path: 'lib.ts', content: '100644 8' },
      { path: 'same.ts', content: '100644 2' },
      { path: 'gone.ts', content: undefined },
    ];
    expect(inputReport(input, taken, taken)).toEqual([
      { path: 'lib.ts', outcome: 'DROPPED' },
      { path: 'same.ts', outcome: 'KEPT' },
      { path: 'gone.ts', outcome: 'DROPPED' },
    ]);
    const [first] = inputReport(input, [{ path: 'lib.ts', content: '100644 9' }], taken);
    expect(first).toEqual({ path: 'lib.ts', outcome: 'CHANGED' });
  });
});
