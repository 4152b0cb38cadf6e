import type { CheckResult, HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { blocks, checkTable } from '../../views/check-view.js';

export function changeChecks(runtime: Runtime): Command {
  return leaf('checks', 'show what the checks said; exit code 1 if one that counts is red')
    .argument('<id>', 'change, attempt, task or landing')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const checks = await results(await client(), text, signal);
        if (out.json) out.document({ checks });
        else out.lines(checkTable(checks, { style: out.style, columns: out.columns, now: now() }));
        for (const { name } of checks.filter(blocks)) out.note(`What it printed: heddle logs ${text} --check ${name}`);
        return checks.some(blocks) ? EXIT.workFailed : EXIT.ok;
      }),
    );
}

async function results(heddle: HeddleClient, text: string, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const located = await locate(heddle, ['change', 'attempt', 'task', 'landing'], text);
  if (located.kind === 'landing') return (await heddle.landings.getById(located.id, { signal })).checks;
  return heddle.attempts.listCheckResults(await attemptOf(heddle, located), { signal });
}
