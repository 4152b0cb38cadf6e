import type { CheckResult } from '@heddle/contracts';
import { checksFromJson } from '../changes/change.mapper.js';
import { subject } from '../landings/landing-message.js';
import type { LandingEntity } from '../landings/landing.entity.js';

const MOST_CHECKS = 50;

/** The branch that a landing is proposed from; no other landing has it. */
export function headBranch(landingId: string): string {
  return `heddle/${landingId}`;
}

type Described = Pick<
  LandingEntity,
  'id' | 'title' | 'taskId' | 'attemptId' | 'changeId' | 'branch' | 'onto' | 'commit' | 'checks'
>;

/** Title and text of a request, of nothing that makes a forge act by itself: the title is what somebody or some agent wrote. */
export function proposalText(landing: Described): { readonly title: string; readonly body: string } {
  const checks = checksFromJson(landing.checks);
  const shown = checks.slice(0, MOST_CHECKS).map(checkLine);
  const body = [
    `Tested by Heddle: \`${landing.commit ?? ''}\`, merged onto \`${landing.onto ?? landing.branch}\`.`,
    '',
    ...shown,
    ...(checks.length > shown.length ? [`- and ${String(checks.length - shown.length)} more`] : []),
    ...(shown.length === 0 ? [] : ['']),
    `Change ${landing.changeId} of attempt ${landing.attemptId} at task ${landing.taskId}; landing ${landing.id}.`,
    'Heddle follows this request: the landing ends when it is merged or closed.',
  ];
  return { title: subject(landing.title), body: body.join('\n') };
}

function checkLine({ name, state }: CheckResult): string {
  return `- ${subject(name).replaceAll(/[`<>@#[\]]/g, ' ')}: ${state}`;
}
