import type { CreateVerdictInput, Verdict } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { shortCommit, shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
import { statePaint } from '../../views/state-paint.js';

const WORDS: Readonly<Record<string, string>> = {
  APPROVE: 'APPROVED',
  REJECT: 'REJECTED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
};

/** Gives the verdict on each change, bound to the head that is there now: one that moves meanwhile is not judged unseen. */
export async function giveVerdicts(
  { client, out, signal }: Session,
  texts: readonly string[],
  input: Pick<CreateVerdictInput, 'verdict' | 'reasonClass' | 'comment'>,
): Promise<ExitCode> {
  const heddle = await client();
  const verdicts: Verdict[] = [];
  for (const text of texts) {
    const change = await heddle.changes.getById(await resolveChange(heddle, text), { signal });
    const verdict = await heddle.changes.createVerdict(
      change.id,
      { ...input, headCommit: change.headCommit },
      { signal },
    );
    verdicts.push(verdict);
    const word = WORDS[verdict.verdict] ?? verdict.verdict;
    if (!out.json) {
      out.line(
        `${statePaint(out.style, word)(word)}  ${shortId(change.id)} at ${shortCommit(verdict.headCommit)}  ${oneLine(change.title)}`,
      );
    }
  }
  if (out.json) out.document({ verdicts });
  if (input.verdict === 'APPROVE') out.note(`Land: heddle land ${texts.join(' ')}`);
  return EXIT.ok;
}
