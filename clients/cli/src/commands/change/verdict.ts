import type { CreateVerdictInput, Verdict } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { shortCommit, shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
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
  const ids: string[] = [];
  for (const text of texts) {
    const change = await heddle.changes.getById(await resolveChange(heddle, text), { signal });
    const verdict = await heddle.changes.createVerdict(
      change.id,
      { ...input, headCommit: change.headCommit },
      { signal },
    );
    verdicts.push(verdict);
    ids.push(change.id);
    const word = WORDS[verdict.verdict] ?? verdict.verdict;
    if (!out.json) {
      out.line(
        `${statePaint(out.style, word)(word)}  ${shortId(change.id)} at ${shortCommit(verdict.headCommit)}  ${oneLine(change.title)}`,
      );
    }
  }
  if (out.json) out.document({ verdicts });
  if (input.verdict === 'REQUEST_CHANGES')
    out.note('What has not landed goes on with it, where its agent has a conversation: heddle attempt turns ATTEMPT');
  if (input.verdict !== 'APPROVE') return EXIT.ok;
  // One approval need not be enough; the change itself says what is missing.
  const after = await Promise.all(ids.map((id) => heddle.changes.getById(id, { signal })));
  const view = { style: out.style, columns: out.columns, now: now() };
  for (const change of after)
    for (const line of decisionLines(change, view)) out.note(`${shortId(change.id)}  ${line}`);
  const isMissing = after.some(
    ({ approvals }) => (approvals?.missing.length ?? 0) + (approvals?.blockedBy.length ?? 0) > 0,
  );
  if (!isMissing) out.note(`Land: heddle land ${texts.join(' ')}`);
  return EXIT.ok;
}
