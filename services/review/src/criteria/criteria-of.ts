import { countCriteria, criteriaOf, judgeCriteria, type CriterionState, type JudgedCriterion } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { AttestationEntity } from './attestation.entity.js';

/** The ledger of a change: its task's criteria, judged by the evidence on its tree; and what people have said, the oldest first. */
export async function ledgerOf(
  manager: EntityManager,
  change: ChangeEntity,
): Promise<{ readonly criteria: JudgedCriterion[]; readonly attestations: readonly AttestationEntity[] }> {
  const criteria = criteriaOf(change.taskFacts?.acceptance ?? []);
  if (criteria.length === 0) return { criteria: [], attestations: [] };
  const attestations = await manager.find(AttestationEntity, {
    where: { changeId: change.id, treeId: change.treeId },
    order: { id: 'ASC' },
  });
  const judged = judgeCriteria(criteria, {
    treeId: change.treeId,
    checks: change.taskFacts?.checks ?? [],
    results: change.checks.map(({ name, state, treeId }) => ({
      name: String(name),
      state: String(state),
      treeId: String(treeId),
    })),
    attestations,
  });
  return { criteria: judged, attestations };
}

export async function criteriaCountsOf(
  manager: EntityManager,
  change: ChangeEntity,
): Promise<Record<CriterionState, number>> {
  return countCriteria((await ledgerOf(manager, change)).criteria);
}
