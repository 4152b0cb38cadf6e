import type { CreateLandingInput, HeddleClient, Landing } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { parseDuration } from '../../input/duration-option.js';
import { parseDelivery, type LandingDeliveryWord } from '../../input/landing-delivery.js';
import { parseStyle, type LandingStyleWord } from '../../input/landing-style.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
import { preflightLines } from '../../views/preflight-view.js';
import { settleLandings, showLanding } from './settle.js';

interface Options extends JsonOption {
  readonly branch?: string;
  readonly style?: LandingStyleWord;
  readonly delivery?: LandingDeliveryWord;
  readonly priority?: number;
  readonly fast?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly timeout?: number;
}

const FAST_LANE = 1;

export function land(runtime: Runtime): Command {
  return leaf('land', 'put approved changes into the landing queue, in this order, and wait for the outcome')
    .argument('<change...>', 'changes, or the attempts or tasks that made them')
    .option('-b, --branch <branch>', 'target branch; by default that of the batch or of the repository')
    .option('--style <style>', 'merge, squash or rebase; by default as the queue says', parseStyle)
    .option('--delivery <way>', 'push or pull-request; by default as the queue says', parseDelivery)
    .option('--priority <number>', '1 to 5, 1 first; by default 3', parseWholeNumber)
    .option('--fast', 'priority 1: the tests of all others are stopped for it')
    .option('--dry-run', 'land nothing, and say what is in the way')
    .option('--no-wait', 'return as soon as they are queued; without it, of a pull request as soon as it is open')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[readonly string[]], Options>(runtime, async (session, options, texts) => {
        const heddle = await session.client();
        if (options.dryRun === true) return dryRun(session, heddle, texts, options.branch);
        const how = {
          targetBranch: options.branch,
          style: options.style,
          delivery: options.delivery,
          priority: options.fast === true ? FAST_LANE : options.priority,
        };
        const queued: Landing[] = [];
        for (const text of texts) queued.push(await enqueue(session, heddle, text, how));
        const { code, landings } = options.wait
          ? await settleLandings(session, heddle, queued, options.timeout)
          : { code: EXIT.ok, landings: queued };
        if (session.out.json) session.out.document({ landings });
        if (!options.wait)
          for (const { id } of landings) session.out.note(`Wait for it: heddle landing wait ${shortId(id)}`);
        return code;
      }),
    );
}

async function enqueue(
  session: Session,
  heddle: HeddleClient,
  text: string,
  how: Pick<CreateLandingInput, 'targetBranch' | 'style' | 'delivery' | 'priority'>,
): Promise<Landing> {
  const { signal } = session;
  const change = await heddle.changes.getById(await resolveChange(heddle, text), { signal });
  const landing = await heddle.landings.create(
    { changeId: change.id, headCommit: change.headCommit, ...how },
    { signal },
  );
  showLanding(session, landing);
  return landing;
}

/** Each change against the branch as it is; not against the other ones. */
async function dryRun(
  { out, signal }: Session,
  heddle: HeddleClient,
  texts: readonly string[],
  branch: string | undefined,
): Promise<ExitCode> {
  const found = [];
  for (const text of texts) {
    const change = await heddle.changes.getById(await resolveChange(heddle, text), { signal });
    const preflight = await heddle.changes.preflight(change.id, branch, { signal });
    if (!out.json) out.lines(preflightLines(preflight, change.title, out.style));
    found.push(preflight);
  }
  if (out.json) out.document({ preflights: found });
  return found.every(({ blockers }) => blockers.length === 0) ? EXIT.ok : EXIT.workFailed;
}
