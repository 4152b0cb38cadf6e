import { ReviewPolicy } from '@heddle/contracts';
import { fieldInvalid, isPathGlob, MINUTES_PER_DAY, type FieldViolation } from '@heddle/domain';
import type { ReviewPolicyFacts } from './review-policy.js';

const FIELDS = {
  required_approvals: 'requiredApprovals',
  self_approval: 'selfApproval',
  code_owners: 'codeOwners',
  owner_principals: 'ownerPrincipals',
  require_criteria: 'requireCriteria',
  reviewers: 'reviewers',
  backlog_limit_minutes: 'backlogLimitMinutes',
  overlap_tests: 'overlapTests',
  regeneration: 'regeneration',
} as const satisfies Record<string, keyof ReviewPolicy>;
type MaskPath = keyof typeof FIELDS;
const PATHS = Object.keys(FIELDS) as MaskPath[];
/** What a client may send back as it read it. */
const FIXED = ['repository_id', 'update_time', 'etag'];

const MAX_ENTRIES = 500;
const MAX_BACKLOG_MINUTES = 1_000_000;
const MAX_OVERLAP_TESTS = 1_000;
const MAX_RULES = 50;
const MAX_WORDS = 100;
const MAX_WORD = 4_096;

/**
 * @param mask absent: what is set; false, 0 and an empty list cannot be told from what was not sent
 * @throws HeddleError FIELD_INVALID
 */
export function withPolicyChanges(
  now: ReviewPolicyFacts,
  wanted: ReviewPolicy,
  mask: readonly string[] | undefined,
): ReviewPolicyFacts {
  const changes = new Set(pathsToChange(wanted, mask).map((path) => FIELDS[path]));
  const next: ReviewPolicyFacts = {
    requiredApprovals: changes.has('requiredApprovals') ? wanted.requiredApprovals : now.requiredApprovals,
    selfApproval: changes.has('selfApproval') ? wanted.selfApproval : now.selfApproval,
    codeOwners: changes.has('codeOwners') ? wanted.codeOwners : now.codeOwners,
    ownerPrincipals: changes.has('ownerPrincipals') ? wanted.ownerPrincipals : now.ownerPrincipals,
    requireCriteria: changes.has('requireCriteria') ? wanted.requireCriteria : now.requireCriteria,
    reviewers: changes.has('reviewers')
      ? wanted.reviewers.map(({ principal, minutesPerDay = MINUTES_PER_DAY }) => ({ principal, minutesPerDay }))
      : now.reviewers,
    backlogLimitMinutes: changes.has('backlogLimitMinutes') ? wanted.backlogLimitMinutes : now.backlogLimitMinutes,
    overlapTests: changes.has('overlapTests') ? wanted.overlapTests : now.overlapTests,
    regeneration: changes.has('regeneration')
      ? wanted.regeneration.map(({ paths, command }) => ({ paths, command }))
      : now.regeneration,
  };
  const violations = violationsOf(next);
  if (violations.length > 0) throw fieldInvalid(violations);
  return next;
}

function pathsToChange(wanted: ReviewPolicy, mask: readonly string[] | undefined): readonly MaskPath[] {
  if (mask === undefined) {
    const empty = ReviewPolicy.create();
    return PATHS.filter((path) => JSON.stringify(wanted[FIELDS[path]]) !== JSON.stringify(empty[FIELDS[path]]));
  }
  const unknown = mask.filter((path) => !Object.hasOwn(FIELDS, path) && !FIXED.includes(path));
  if (unknown.length > 0)
    throw fieldInvalid([
      { field: 'update_mask', description: `names what is no whole field of a review policy: ${unknown.join(', ')}` },
    ]);
  return PATHS.filter((path) => mask.includes(path));
}

function violationsOf(policy: ReviewPolicyFacts): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string): void => {
    violations.push({ field: `review_policy.${field}`, description });
  };
  if (!within(policy.requiredApprovals, 0, 10)) refuse('required_approvals', 'must be 0 to 10');
  if (!within(policy.backlogLimitMinutes, 0, MAX_BACKLOG_MINUTES))
    refuse('backlog_limit_minutes', `must be 0 to ${String(MAX_BACKLOG_MINUTES)}`);
  if (!within(policy.overlapTests, 0, MAX_OVERLAP_TESTS))
    refuse('overlap_tests', `must be 0 to ${String(MAX_OVERLAP_TESTS)}`);
  if (policy.regeneration.length > MAX_RULES) refuse('regeneration', `must be at most ${String(MAX_RULES)} rules`);
  for (const { paths, command } of policy.regeneration) {
    if (paths.length === 0 || paths.length > MAX_RULES || !paths.every(isPathGlob))
      refuse('regeneration', 'each needs globs relative to the work tree, for example package-lock.json or **/go.sum');
    if (command[0] === undefined || command[0] === '' || command.length > MAX_WORDS || !command.every(isWord))
      refuse('regeneration', `each command must be a program and its arguments, at most ${String(MAX_WORDS)} words`);
  }
  if (policy.ownerPrincipals.length > MAX_ENTRIES) refuse('owner_principals', `must be at most ${String(MAX_ENTRIES)}`);
  if (policy.reviewers.length > MAX_ENTRIES) refuse('reviewers', `must be at most ${String(MAX_ENTRIES)}`);
  for (const { owner, principals } of policy.ownerPrincipals) {
    if (!owner.includes('@') || owner.length > 255)
      refuse('owner_principals', 'each needs an owner as @name, @team/name or a mail address');
    if (principals.length > MAX_ENTRIES || !principals.every(isPrincipal))
      refuse('owner_principals', 'each principal must be 1 to 255 characters');
  }
  if (new Set(policy.ownerPrincipals.map(({ owner }) => owner)).size < policy.ownerPrincipals.length)
    refuse('owner_principals', 'must name each owner once');
  if (!policy.reviewers.every(({ principal }) => isPrincipal(principal)))
    refuse('reviewers', 'each principal must be 1 to 255 characters');
  if (!policy.reviewers.every(({ minutesPerDay }) => within(minutesPerDay, 1, 1_440)))
    refuse('reviewers', 'minutes_per_day must be 1 to 1,440');
  return violations;
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function isWord(text: string): boolean {
  return text.length <= MAX_WORD && !text.includes('\0');
}

function isPrincipal(text: string): boolean {
  return text.length >= 1 && text.length <= 255;
}
