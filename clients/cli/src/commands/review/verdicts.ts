import type { HeddleClient, Verdict } from '@heddle/sdk';
import type { Command } from 'commander';
import { CliError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { verdictTable } from '../../views/decision-view.js';

interface DismissOptions extends JsonOption {
  readonly comment: string;
}

export function verdictList(runtime: Runtime): Command {
  return leaf('ls', 'decisions on a change, and which of them hold')
    .argument('<change>', 'change, or the attempt or task that made it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const verdicts = await heddle.changes.listVerdicts(await resolveChange(heddle, text), { signal });
        if (out.json) out.document({ verdicts });
        else out.lines(verdictTable(verdicts, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}

export function verdictDismiss(runtime: Runtime): Command {
  return leaf('dismiss', "take a decision back, also somebody else's")
    .argument('<change>', 'change, or the attempt or task that made it')
    .argument('<verdict>', 'id of the verdict, or its end')
    .requiredOption('-m, --comment <text>', 'why')
    .action(
      action<[string, string], DismissOptions>(
        runtime,
        async ({ client, out, signal, now }, { comment }, text, verdict) => {
          const heddle = await client();
          const changeId = await resolveChange(heddle, text);
          const { id } = await findVerdict(heddle, changeId, verdict);
          const dismissed = await heddle.changes.dismissVerdict(changeId, id, { comment }, { signal });
          if (out.json) out.document(dismissed);
          else out.lines(verdictTable([dismissed], { style: out.style, columns: out.columns, now: now() }));
          return EXIT.ok;
        },
      ),
    );
}

async function findVerdict(heddle: HeddleClient, changeId: string, text: string): Promise<Verdict> {
  const verdicts = await heddle.changes.listVerdicts(changeId);
  const [found, ...others] = verdicts.filter(({ id }) => id === text || id.endsWith(text));
  if (found !== undefined && others.length === 0) return found;
  throw new CliError(
    EXIT.refused,
    found === undefined ? 'VERDICT_NOT_FOUND' : 'AMBIGUOUS',
    `The change has ${found === undefined ? 'no' : 'more than one'} verdict ${text}`,
    { hint: `heddle verdict ls ${changeId.slice(-8)}` },
  );
}
