import { take, type HeddleClient, type Runner } from '@heddle/sdk';
import type { Command } from 'commander';
import { CliError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { isFullId, matchId } from '../../resolve/match-id.js';
import { runnerLines } from '../../views/runner-view.js';

export function drainRunner(runtime: Runtime): Command {
  return order(runtime, 'drain', 'let a runner end what it has and take nothing new, until it is undrained', (id) => [
    `${shortId(id)} hears of it within ten seconds. It is empty when it is DRAINING with no slot used: heddle admin runners`,
  ]);
}

export function undrainRunner(runtime: Runtime): Command {
  return order(runtime, 'undrain', 'let a runner take work again', (id) => [
    `${shortId(id)} hears of it within ten seconds.`,
  ]);
}

function order(
  runtime: Runtime,
  verb: 'drain' | 'undrain',
  description: string,
  note: (id: string) => readonly string[],
): Command {
  return leaf(verb, description)
    .argument('<runner>', 'id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const runner = await heddle.runners[verb](await resolveRunner(heddle, text), { signal });
        if (out.json) out.document(runner);
        else out.lines(runnerLines([runner], { style: out.style, columns: out.columns, now: now() }));
        for (const line of note(runner.id)) out.note(line);
        return EXIT.ok;
      }),
    );
}

async function resolveRunner(heddle: HeddleClient, text: string): Promise<Runner['id']> {
  if (isFullId(text)) return text;
  const runners = await take(heddle.runners.listAll({ pageSize: 200 }));
  const found = matchId(
    runners.map(({ id }) => id),
    text,
  );
  const [id, ...others] = found;
  if (id === undefined)
    throw new CliError(EXIT.refused, 'NOT_FOUND', `There is no runner ${text}`, {
      hint: 'See what there is: heddle admin runners',
    });
  if (others.length > 0)
    throw new CliError(EXIT.refused, 'AMBIGUOUS', `${text} fits more than one runner: ${found.join(', ')}`);
  return id;
}
