import type { Change, CreateVerdictInput, HeddleClient, Verdict } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { shortCommit, shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
import { blocks } from '../../views/check-view.js';
import { decisionLines } from '../../views/decision-view.js';
import { statePaint } from '../../views/state-paint.js';

const WORDS: Readonly<Record<string, string>> = {
  APPROVE: 'APPROVED',
  REJECT: 'REJECTED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
};

/** Gives the verdict on each change, bound to the head that is there now: one that moves meanwhile is not judged unseen. */
export async function giveVerdicts(
  { client, out, signal, now }: Session,
  texts: readonly string[],
  input: Pick<CreateVerdictInput, 'verdict' | 'reasonClass' | 'comment'>,
): Promise<ExitCode> {
  const heddle = await client();
  const verdicts: Verdict[] = [];
  const changes: Change[] = [];
  for (const text of texts) {
    const change = await heddle.changes.getById(await resolveChange(heddle, text), { signal });
    const verdict = await heddle.changes.createVerdict(
      change.id,
      { ...input, headCommit: change.headCommit },
      { signal },
    );
    verdicts.push(verdict);
    changes.push(change);
    const word = WORDS[verdict.verdict] ?? verdict.verdict;
    if (!out.json) {
      out.line(
        `${statePaint(out.style, word)(word)}  ${shortId(change.id)} at ${shortCommit(verdict.headCommit)}  ${oneLine(change.title)}`,
      );
    }
  }
  if (out.json) out.document({ verdicts });
  if (input.verdict === 'REQUEST_CHANGES' && !out.json)
    for (const change of changes) out.note(await whatFollows(heddle, change, signal));
  if (input.verdict !== 'APPROVE') return EXIT.ok;
  // One approval need not be enough; the change itself says what is missing.
  const after = await Promise.all(changes.map(({ id }) => heddle.changes.getById(id, { signal })));
  const view = { style: out.style, columns: out.columns, now: now() };
  for (const change of after)
    for (const line of decisionLines(change, view)) out.note(`${shortId(change.id)}  ${line}`);
  const isMissing = after.some(
    ({ approvals }) => (approvals?.missing.length ?? 0) + (approvals?.blockedBy.length ?? 0) > 0,
  );
  const bad = after.flatMap(unlandable);
  for (const why of bad) out.note(why);
  if (!isMissing && bad.length === 0) out.note(`Land: heddle land ${texts.join(' ')}`);
  return EXIT.ok;
}

/** Why an approved change can't land all the same. */
function unlandable({ id, partial, checks }: Change): string[] {
  const which = shortId(id);
  if (partial) return [`${which}  can't land: its attempt did not end well, and the change is partial`];
  return checks.some(blocks) ? [`${which}  can't land as it is, checks are red: heddle checks ${which}`] : [];
}

/** Whether an agent goes on with what was asked for, and what to do next. */
async function whatFollows(
  heddle: HeddleClient,
  { id, attemptId, taskId }: Change,
  signal: AbortSignal,
): Promise<string> {
  const [attempt, agents] = await Promise.all([
    heddle.attempts.getById(attemptId, { signal }),
    heddle.system.listAgents({ signal }),
  ]);
  const kind = attempt.agent?.kind ?? (await heddle.tasks.getById(taskId, { signal })).agent?.kind ?? '';
  const which = shortId(id);
  if (attempt.landingState === 'LANDED') return `${which}  has landed: no agent goes on with it`;
  const goesOn = agents.find((agent) => agent.kind === kind)?.capabilities.includes('FOLLOW_UP') === true;
  if (goesOn) return `${which}  is its agent's next turn: heddle attempt turns ${shortId(attemptId)}`;
  return `${which}  an agent of kind ${kind} has no conversation to go on with. Once more from the start: heddle task retry ${shortId(taskId)}`;
}
