import { Criterion, Criterion_State } from '@heddle/contracts';
import type { JudgedCriterion } from '@heddle/domain';
import type { AttestationEntity } from './attestation.entity.js';

/** @param attestations of the change's tree, the oldest first */
export function toCriterion(judged: JudgedCriterion, attestations: readonly AttestationEntity[]): Criterion {
  return Criterion.fromPartial({
    id: judged.id,
    text: judged.text,
    state: Criterion_State[judged.state],
    evidence: judged.evidence.map((evidence) => {
      const { treeId, met } = evidence;
      if (evidence.kind === 'CHECK') return { treeId, met, check: evidence.check };
      const said = attestations.findLast(
        (each) => each.criterionId === judged.id && each.principal === evidence.principal,
      );
      return {
        treeId,
        met,
        attestation: {
          principal: evidence.principal,
          comment: said?.comment ?? '',
          createTime: said?.createTime,
        },
      };
    }),
  });
}
