import { describe, expect, it } from '@jest/globals';
import { PLAIN } from '../output/style.js';
import { IDS, landing, NOW } from '../testing/samples.js';
import { landingLines, landingSteps, landingTable } from './landing-view.js';

const view = { style: PLAIN, columns: undefined, now: NOW };

describe('landings', () => {
  it('says where a change landed, or why not and in which files', () => {
    expect(landingLines(landing(1), view)).toEqual([
      'LANDED      01a4d101  Task number 1  → main  aaaaaaaaaa  1 passed',
    ]);
    const fell = { state: 'CONFLICTED' as const, landedCommit: undefined, reason: 'CONFLICT', checks: [] };
    const sent = { conflictPaths: ['src/cart.js', 'b'], reconciliationId: IDS.reconciliation };
    const conflicted = landing(2, { ...fell, ...sent });
    expect(landingLines(conflicted, view)).toEqual([
      'CONFLICTED  01a4d102  Task number 2  → main  CONFLICT',
      '            conflict in src/cart.js',
      '            conflict in b',
      '            reconciled by 00004ec0',
    ]);
    expect(landingTable([], view)[0]).toContain('heddle land');
  });

  it('says what to do about what fell out', () => {
    const fell = (reason: string, fields: object = {}): string[] =>
      landingSteps(landing(2, { state: 'EJECTED', landedCommit: undefined, reason, ...fields }));
    expect(fell('CONFLICT', { state: 'CONFLICTED' })).toEqual([
      expect.stringContaining('heddle reconcile create --from-tip 000c4a02'),
    ]);
    expect(fell('INTERACTION')).toHaveLength(3);
    expect(fell('CHECK_FAILED')[1]).toContain('heddle request-changes 000c4a02');
    expect(fell('CONFLICT', { reconciliationId: IDS.reconciliation })).toEqual([
      expect.stringContaining('heddle reconcile wait 00004ec0'),
    ]);
    expect(fell('EJECTED_BY_USER')).toEqual([]);
    expect(landingSteps(landing(1))).toEqual([]);
  });
});
