import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortCommit, shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { criteriaTable } from '../../views/decision-view.js';

interface AttestOptions extends JsonOption {
  readonly unmet?: boolean;
  readonly comment?: string;
}

export function criteriaShow(runtime: Runtime): Command {
  return leaf('show', 'acceptance criteria with their evidence; exit code 1 if one is not met')
    .argument('<change>', 'change, or the attempt or task that made it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const changeId = await resolveChange(heddle, text);
        const criteria = await heddle.changes.listCriteria(changeId, { signal });
        if (out.json) out.document({ criteria });
        else out.lines(criteriaTable(criteria, { style: out.style, columns: out.columns, now: now() }));
        const unproven = criteria.find(({ state }) => state === 'UNPROVEN');
        if (unproven !== undefined)
          out.note(`Where you have looked: heddle criteria attest ${shortId(changeId)} ${unproven.id} -m TEXT`);
        return criteria.every(({ state }) => state === 'MET') ? EXIT.ok : EXIT.workFailed;
      }),
    );
}

export function criteriaAttest(runtime: Runtime): Command {
  return leaf('attest', 'say of the change as it is now that it meets a criterion')
    .argument('<change>', 'change, or the attempt or task that made it')
    .argument('<criterion>', 'for example ac-1')
    .option('--unmet', 'say that it does not')
    .option('-m, --comment <text>', 'what was seen')
    .action(
      action<[string, string], AttestOptions>(
        runtime,
        async ({ client, out, signal, now }, { unmet, comment }, text, id) => {
          const heddle = await client();
          const { id: changeId, headCommit } = await heddle.changes.getById(await resolveChange(heddle, text), {
            signal,
          });
          const input = { met: unmet !== true, comment, headCommit };
          const criterion = await heddle.changes.attestCriterion(changeId, id, input, { signal });
          if (out.json) out.document(criterion);
          else out.lines(criteriaTable([criterion], { style: out.style, columns: out.columns, now: now() }));
          out.note(`It holds for ${shortCommit(headCommit)} only.`);
          return EXIT.ok;
        },
      ),
    );
}
