import type { Change, Criterion, ReviewLoad, ReviewPolicy, Verdict } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago } from '../output/time.js';
import { diffStat } from './diff-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** What to review first, with why it is worth a look or not. */
export function triageTable(changes: readonly Change[], { style, columns, now }: ViewOptions): string[] {
  if (changes.length === 0) return ['Nothing waits for a review.'];
  return table(
    [
      { title: 'CHANGE' },
      { title: 'ROUTE' },
      { title: 'MIN', align: 'right' },
      { title: 'RISK', align: 'right' },
      { title: 'SIZE' },
      { title: 'ACCEPTANCE' },
      { title: 'TITLE', shrinks: true },
      { title: 'BECAUSE', shrinks: true },
      { title: 'WAITS' },
    ],
    changes.map((change) => [
      { text: shortId(change.id) },
      { text: change.triage?.route ?? '-', paint: statePaint(style, change.triage?.route ?? '') },
      { text: String(change.triage?.effortMinutes ?? '-') },
      { text: change.triage === undefined ? '-' : `${String(Math.round(change.triage.risk * 100))}%` },
      { text: diffStat(change) },
      { text: criteriaSummary(change) || '-' },
      { text: oneLine(change.title) },
      { text: oneLine(because(change)), paint: style.dim },
      { text: ago(change.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

export function loadLine(load: ReviewLoad): string {
  const { changes, queuedMinutes, capacityMinutes, backlogLimitMinutes } = load;
  const limit = backlogLimitMinutes === 0 ? '' : `, limit ${String(backlogLimitMinutes)} min`;
  const held = load.holdsOptionalAttempts ? '; further attempts of tasks are held' : '';
  return `${String(changes)} to review: ${String(queuedMinutes)} min of ${String(capacityMinutes)} min a day${limit}${held}. Risks are by hand-set weights.`;
}

/** `2 of 3 met`; with what is unmet or unproven said. Empty without criteria. */
export function criteriaSummary({ criteria }: Pick<Change, 'criteria'>): string {
  if (criteria === undefined) return '';
  const { met, unmet, unproven } = criteria;
  const all = met + unmet + unproven;
  if (all === 0) return '';
  const parts = [
    `${String(met)} of ${String(all)} met`,
    unmet === 0 ? '' : `${String(unmet)} unmet`,
    unproven === 0 ? '' : `${String(unproven)} unproven`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What a change still needs before it may land; nothing where that is all there. */
export function decisionLines(change: Change, { style }: ViewOptions): string[] {
  const { criteria, approvals } = change;
  const open = (criteria?.unmet ?? 0) + (criteria?.unproven ?? 0);
  const acceptance = open === 0 ? [] : [style.yellow(`acceptance: ${criteriaSummary(change)}`)];
  const missing = (approvals?.missing ?? []).map(({ message }) => style.yellow(oneLine(`approval: ${message}`)));
  return [...acceptance, ...missing];
}

export function criteriaTable(criteria: readonly Criterion[], { style, columns }: ViewOptions): string[] {
  if (criteria.length === 0) return ['The task has no acceptance criteria.'];
  return table(
    [{ title: 'ID' }, { title: 'STATE' }, { title: 'CRITERION', shrinks: true }, { title: 'EVIDENCE', shrinks: true }],
    criteria.map(({ id, state, text, evidence }) => [
      { text: id },
      { text: state, paint: statePaint(style, state) },
      { text: oneLine(text) },
      { text: oneLine(evidence.map(oneEvidence).join('; ')) || '-', paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

export function verdictTable(verdicts: readonly Verdict[], { style, columns, now }: ViewOptions): string[] {
  if (verdicts.length === 0) return ['Nobody has decided on it yet.'];
  return table(
    [
      { title: 'ID' },
      { title: 'VERDICT' },
      { title: 'BY' },
      { title: 'SAW' },
      { title: 'HOLDS' },
      { title: 'REASON' },
      { title: 'COMMENT', shrinks: true },
      { title: 'CREATED' },
    ],
    verdicts.map((verdict) => [
      { text: shortId(verdict.id) },
      { text: verdict.verdict },
      { text: oneLine(verdict.principal) || '-' },
      { text: shortCommit(verdict.headCommit) },
      { text: verdict.dismissal?.reason ?? 'yes', paint: verdict.dismissal === undefined ? style.green : style.dim },
      { text: verdict.reasonClass || '-' },
      { text: words(verdict), paint: style.dim },
      { text: ago(verdict.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** What was said with it, and why it holds no more. */
function words({ comment, dismissal }: Verdict): string {
  return oneLine([comment, dismissal?.message ?? ''].filter((text) => text !== '').join(' · '));
}

export function policyLines(policy: ReviewPolicy): string[] {
  const reviewers = policy.reviewers.map(
    ({ principal, minutesPerDay }) => `${principal} ${String(minutesPerDay ?? 120)} min a day`,
  );
  const limit = policy.backlogLimitMinutes === 0 ? 'none' : `${String(policy.backlogLimitMinutes)} min`;
  return [
    `required approvals  ${String(policy.requiredApprovals)}`,
    `self-approval       ${policy.selfApproval ? 'yes' : 'no'}`,
    `code owners         ${policy.codeOwners ? 'yes' : 'no'}`,
    `all criteria met    ${policy.requireCriteria ? 'required' : 'shown only'}`,
    `reviewers           ${reviewers.join(', ') || 'one person, 120 min a day'}`,
    `backlog limit       ${limit}`,
    `tested together     ${policy.overlapTests === 0 ? 'no pairs' : `${String(policy.overlapTests)} pairs of a batch`}`,
    ...policy.regeneration.map(({ paths, command }) => `made anew ${paths.join(', ')}: ${command.join(' ')}`),
    ...policy.ownerPrincipals.map(({ owner, principals }) => `owner ${owner}: ${principals.join(', ')}`),
  ].map(oneLine);
}

function because({ triage }: Change): string {
  if (triage === undefined) return '';
  return [triage.routeReason, ...triage.reasons.map(({ message }) => message)].filter((word) => word !== '').join('; ');
}

function oneEvidence({ check, attestation, met }: Criterion['evidence'][number]): string {
  const says = met ? 'says yes' : 'says no';
  if (check !== undefined) return `check ${check} ${says}`;
  const comment = attestation?.comment ?? '';
  return `${attestation?.principal ?? ''} ${says}${comment === '' ? '' : `: ${comment}`}`;
}
