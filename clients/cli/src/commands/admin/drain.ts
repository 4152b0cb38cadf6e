import { setTimeout as delay } from 'node:timers/promises';
import { take, type HeddleClient, type Runner } from '@heddle/sdk';
import type { Command } from 'commander';
import { CliError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseDuration } from '../../input/duration-option.js';
import { shortId } from '../../output/short-id.js';
import { isFullId, matchId } from '../../resolve/match-id.js';
import type { Session } from '../../session.js';
import { runnerLines } from '../../views/runner-view.js';

interface WaitingOptions extends JsonOption {
  readonly wait?: boolean;
  readonly timeout?: number;
}

const LOOK_EVERY_MS = 1_000;

export function drainRunner(runtime: Runtime): Command {
  const what = 'let a runner end what it has and take nothing new, until it is undrained';
  return order(runtime, 'drain', what, (id) => [
    `${shortId(id)} hears of it within ten seconds. It is empty when it is DRAINING with no slot used: heddle admin runners`,
  ])
    .option('-w, --wait', 'return when it is empty')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration);
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
      action<[string], WaitingOptions>(runtime, async (session, options, text) => {
        const { client, out, signal, now } = session;
        const heddle = await client();
        const ordered = await heddle.runners[verb](await resolveRunner(heddle, text), { signal });
        const runner = options.wait === true ? await untilEmpty(session, heddle, ordered, options.timeout) : ordered;
        if (out.json) out.document(runner);
        else out.lines(runnerLines([runner], { style: out.style, columns: out.columns, now: now() }));
        if (options.wait === true) return isEmpty(runner) ? EXIT.ok : EXIT.timeLimit;
        for (const line of note(runner.id)) out.note(line);
        return EXIT.ok;
      }),
    );
}

/** The runner as it is when it is empty, or when the time is over. One that is lost tells nothing more until it is back. */
async function untilEmpty(
  { signal }: Session,
  heddle: HeddleClient,
  ordered: Runner,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<Runner> {
  const until = performance.now() + timeoutMs;
  let runner = ordered;
  while (!isEmpty(runner) && performance.now() < until) {
    await delay(LOOK_EVERY_MS, undefined, { signal });
    runner = await heddle.runners.getById(runner.id, { signal, retryForMs: 60_000 });
  }
  return runner;
}

function isEmpty({ state, used }: Runner): boolean {
  return state === 'DRAINING' && used === 0;
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
