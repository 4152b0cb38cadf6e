import { describe, expect, it } from '@jest/globals';
import { PLAIN } from '../output/style.js';
import { batch, NOW, overlap, overlapEvidence as evidence } from '../testing/samples.js';
import { overlapEvidence } from './overlap-view.js';

const view = { style: PLAIN, columns: undefined, now: NOW };

describe('the evidence of overlaps', () => {
  it('says below each pair what it is that they share', () => {
    const caller = evidence({
      ...{ level: 'ENTITY', conflict: '', path: 'src/price.ts', entity: 'Cart.total', otherPath: 'src/page.ts' },
      detail: 'the first changes its signature, the second adds a use of it',
    });
    const lock = evidence({ level: 'RESOURCE', conflict: '', path: 'go.sum', resource: 'LOCK_FILE', detail: '' });
    const test = evidence({ level: 'TEST', conflict: '', path: '', check: 'unit', detail: 'fails on both together' });
    const file = evidence({ level: 'FILE', conflict: '', detail: '' });
    expect(
      overlapEvidence(
        [overlap(), overlap({ evidence: [test, caller, lock, file] }), overlap({ evidence: [file] })],
        batch(),
        view,
      ),
    ).toEqual([
      '',
      '1 Task number 1  ×  2 Task number 2',
      '  src/cart.js: CONFLICT (contents), Merge conflict in src/cart.js',
      '',
      '1 Task number 1  ×  2 Task number 2',
      '  check unit: fails on both together',
      '  src/price.ts: Cart.total, the first changes its signature, the second adds a use of it (src/page.ts)',
      '  go.sum: LOCK_FILE',
    ]);
  });

  it('keeps what agents wrote from the terminal', () => {
    const evil = 'a\u001b[2Jb\nc';
    const shown = overlapEvidence(
      [overlap({ evidence: [evidence({ path: evil, entity: evil, detail: evil, otherPath: evil })] })],
      batch(),
      view,
    );
    expect(shown).toHaveLength(3);
    expect(shown.join('')).not.toMatch(/[\u001b\n]/);
  });
});
