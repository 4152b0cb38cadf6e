/** An acceptance criterion of a task. Its id is its place in the task: `ac-1` is the first one. */
export interface Criterion {
  readonly id: string;
  readonly text: string;
}

export type CriterionState = 'MET' | 'UNMET' | 'UNPROVEN';

/** A check of the task, with the criteria that it says it proves. */
export interface ProvingCheck {
  readonly name: string;
  /** Ids of criteria, or their texts. */
  readonly proves: readonly string[];
}

export interface CheckEvidenceOfTree {
  readonly name: string;
  readonly state: string;
  readonly treeId: string;
}

/** What a person says of a criterion after a look at a tree. */
export interface Attestation {
  readonly criterionId: string;
  readonly principal: string;
  readonly treeId: string;
  readonly met: boolean;
}

export type CriterionEvidence =
  | {
      readonly kind: 'CHECK';
      readonly check: string;
      readonly checkState: string;
      readonly treeId: string;
      readonly met: boolean;
    }
  | { readonly kind: 'ATTESTATION'; readonly principal: string; readonly treeId: string; readonly met: boolean };

export interface JudgedCriterion extends Criterion {
  readonly state: CriterionState;
  readonly evidence: readonly CriterionEvidence[];
}

export function criteriaOf(acceptance: readonly string[]): Criterion[] {
  return acceptance.map((text, index) => ({ id: `ac-${String(index + 1)}`, text }));
}

/**
 * Judges each criterion by the evidence on exactly this tree: one word against it makes it UNMET, whatever else speaks for
 * it; without any evidence, and as long as a check has not ended, it is UNPROVEN.
 * @param attestations the oldest first; of each person the last one on a tree counts
 */
export function judgeCriteria(
  criteria: readonly Criterion[],
  facts: {
    readonly treeId: string;
    readonly checks: readonly ProvingCheck[];
    readonly results: readonly CheckEvidenceOfTree[];
    readonly attestations: readonly Attestation[];
  },
): JudgedCriterion[] {
  return criteria.map((criterion) => {
    const evidence = [...fromChecks(criterion, facts), ...fromPeople(criterion, facts)];
    return { ...criterion, state: stateOf(evidence), evidence };
  });
}

export function countCriteria(criteria: readonly { readonly state: CriterionState }[]): Record<CriterionState, number> {
  const counts = { MET: 0, UNMET: 0, UNPROVEN: 0 };
  for (const { state } of criteria) counts[state] += 1;
  return counts;
}

function stateOf(evidence: readonly CriterionEvidence[]): CriterionState {
  if (evidence.length === 0) return 'UNPROVEN';
  return evidence.every(({ met }) => met) ? 'MET' : 'UNMET';
}

function fromChecks(
  { id, text }: Criterion,
  { treeId, checks, results }: Parameters<typeof judgeCriteria>[1],
): CriterionEvidence[] {
  const names = checks
    .filter(({ proves }) => proves.some((word) => word.trim() === id || word.trim() === text.trim()))
    .map(({ name }) => name);
  return results
    .filter((result) => result.treeId === treeId && names.includes(result.name) && DECIDED.has(result.state))
    .map((result) => ({
      kind: 'CHECK' as const,
      check: result.name,
      checkState: result.state,
      treeId,
      met: result.state === 'PASSED',
    }));
}

/** A check that the platform could not run says nothing of the work. */
const DECIDED: ReadonlySet<string> = new Set(['PASSED', 'FAILED', 'TIMED_OUT']);

function fromPeople(
  { id }: Criterion,
  { treeId, attestations }: Parameters<typeof judgeCriteria>[1],
): CriterionEvidence[] {
  const own = attestations.filter((each) => each.criterionId === id && each.treeId === treeId);
  const last = new Map(own.map((each) => [each.principal, each]));
  return [...last.values()].map(({ principal, met }) => ({ kind: 'ATTESTATION', principal, treeId, met }));
}
