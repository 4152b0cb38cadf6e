/** What a repository asks of the reviews of its changes. */
export interface ApprovalRules {
  /** People who must approve; CI definitions ask for one whatever this says. */
  readonly required: number;
  /** The approval of the person who launched the batch counts. */
  readonly selfApproval: boolean;
  /** Who approves for an owner of the code owners file; without an entry `@name` is the principal `name`. */
  readonly ownerPrincipals: ReadonlyMap<string, readonly string[]>;
}

export interface GivenVerdict {
  readonly id: string;
  readonly principal: string;
  readonly decision: 'APPROVE' | 'REQUEST_CHANGES' | 'REJECT';
}

/** A file of the change; of a renamed one both names are there. */
export interface OwnedPath {
  readonly path: string;
  /** Empty: none is asked. */
  readonly owners: readonly string[];
  readonly isCiDefinition: boolean;
}

export type MissingKind = 'COUNT' | 'OWNER' | 'CI_DEFINITION';

export interface MissingApproval {
  readonly kind: MissingKind;
  /** Of an OWNER: any of these. */
  readonly owners: readonly string[];
  /** What it is missing for; none of a COUNT. */
  readonly paths: readonly string[];
  /** People who still have to approve. */
  readonly count: number;
}

export interface ApprovalJudgement {
  readonly state: 'PENDING' | 'APPROVED' | 'CHANGES_REQUESTED' | 'REJECTED';
  /** Principals whose approval counts, sorted. */
  readonly given: readonly string[];
  readonly required: number;
  readonly missing: readonly MissingApproval[];
  /** Ids of the verdicts that stand against it. */
  readonly blockedBy: readonly string[];
}

/**
 * Judges the verdicts that hold for a change as it is now. Of each person the last one counts; a rejection or a request for
 * changes stands until its maker decides otherwise, it is dismissed, or the content moves.
 * @param verdicts the oldest first
 * @param launchedBy empty where it is not known: then nobody's approval is that of the launcher
 */
export function judgeApprovals(
  rules: ApprovalRules,
  verdicts: readonly GivenVerdict[],
  paths: readonly OwnedPath[],
  launchedBy: string,
): ApprovalJudgement {
  const last = new Map(verdicts.map((verdict) => [verdict.principal, verdict]));
  const standing = [...last.values()];
  const rejections = standing.filter(({ decision }) => decision === 'REJECT');
  const requests = standing.filter(({ decision }) => decision === 'REQUEST_CHANGES');
  const given = standing
    .filter(({ decision, principal }) => decision === 'APPROVE' && (rules.selfApproval || principal !== launchedBy))
    .map(({ principal }) => principal)
    .sort();
  const missing = [
    ...missingCount(rules.required, given),
    ...missingForCi(paths, given),
    ...missingOwners(rules.ownerPrincipals, paths, given),
  ];
  const blockedBy = [...rejections, ...requests].map(({ id }) => id);
  const state =
    rejections.length > 0
      ? 'REJECTED'
      : requests.length > 0
        ? 'CHANGES_REQUESTED'
        : missing.length > 0
          ? 'PENDING'
          : 'APPROVED';
  return { state, given, required: rules.required, missing, blockedBy };
}

function missingCount(required: number, given: readonly string[]): MissingApproval[] {
  const count = required - given.length;
  return count > 0 ? [{ kind: 'COUNT', owners: [], paths: [], count }] : [];
}

function missingForCi(paths: readonly OwnedPath[], given: readonly string[]): MissingApproval[] {
  const definitions = paths.filter(({ isCiDefinition }) => isCiDefinition).map(({ path }) => path);
  if (definitions.length === 0 || given.length > 0) return [];
  return [{ kind: 'CI_DEFINITION', owners: [], paths: [...new Set(definitions)].sort(), count: 1 }];
}

/** One approval of any owner is enough for a path; paths with the same owners are one matter. */
function missingOwners(
  principals: ApprovalRules['ownerPrincipals'],
  paths: readonly OwnedPath[],
  given: readonly string[],
): MissingApproval[] {
  const groups = new Map<string, { owners: readonly string[]; paths: Set<string> }>();
  for (const { path, owners } of paths) {
    if (owners.length === 0 || owners.some((owner) => speaksFor(principals, owner, given))) continue;
    const sorted = [...new Set(owners)].sort();
    const key = sorted.join(' ');
    const group = groups.get(key) ?? { owners: sorted, paths: new Set() };
    group.paths.add(path);
    groups.set(key, group);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({ kind: 'OWNER', owners: group.owners, paths: [...group.paths].sort(), count: 1 }));
}

function speaksFor(principals: ApprovalRules['ownerPrincipals'], owner: string, given: readonly string[]): boolean {
  const people = principals.get(owner) ?? [owner.replace(/^@/, '')];
  return people.some((person) => given.includes(person));
}
