import { OVERLAP_LEVELS } from '@heddle/domain';
import { MAX_EVIDENCE, type PairEvidence } from '../judge-pair.js';
import type { OverlapPairEntity } from '../overlap-pair.entity.js';

/** That a check passes on each of the two and fails on both together. @param how in words: where it failed */
export function testEvidence(check: string, how: string): PairEvidence {
  return { level: 'TEST', path: '', conflict: '', check, detail: `passes on each of the two, ${how}` };
}

type Judged = Pick<OverlapPairEntity, 'level' | 'rank' | 'evidence'>;

/** A pair with the evidence of level TEST in the place of what it had of it: nothing is stronger. */
export function atTestLevel(pair: Judged, tests: readonly PairEvidence[]): Judged {
  const others = pair.evidence.filter(({ level }) => level !== 'TEST');
  return {
    level: 'TEST',
    rank: OVERLAP_LEVELS.indexOf('TEST'),
    evidence: [...tests, ...others].slice(0, MAX_EVIDENCE),
  };
}

/** What was found of exactly these heads by running them. */
export function knownTests(
  pair: OverlapPairEntity | null | undefined,
  heads: readonly [a: string, b: string],
): readonly PairEvidence[] {
  if (pair?.headA !== heads[0] || pair.headB !== heads[1]) return [];
  return pair.evidence.filter(({ level }) => level === 'TEST');
}
