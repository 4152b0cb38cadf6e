import { OverlapPair, OverlapPair_Basis, OverlapPair_Level, OverlapPair_Together } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { OverlapPairEntity } from './overlap-pair.entity.js';

export function toOverlapPair(row: OverlapPairEntity): OverlapPair {
  return {
    attemptIds: [row.attemptA, row.attemptB],
    changeIds: row.changeA === null || row.changeB === null ? [] : [row.changeA, row.changeB],
    basis: OverlapPair_Basis[row.basis],
    level: OverlapPair_Level[row.level],
    duplicate: row.duplicate,
    paths: row.paths,
    evidence: row.evidence.map((item) => ({
      level: OverlapPair_Level[item.level],
      path: item.path,
      conflict: item.conflict,
      entity: item.entity ?? '',
      resource: item.resource ?? '',
      detail: item.detail ?? '',
      otherPath: item.otherPath ?? '',
      check: item.check ?? '',
    })),
    together: OverlapPair_Together[row.together],
    trialIds: row.trialIds.flat(),
  };
}

export function overlapJson(row: OverlapPairEntity): unknown {
  return toCanonicalJson('heddle.v1.OverlapPair', OverlapPair, toOverlapPair(row));
}
