import type { HeddleClient, Landing } from '@heddle/sdk';
import { isLandingDone } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { parseDuration } from '../../input/duration-option.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
import { landingLines } from '../../views/landing-view.js';

interface Options extends JsonOption {
  readonly branch?: string;
  readonly wait: boolean;
  readonly timeout?: number;
}

interface Entry {
  readonly landing: Landing;
  readonly title: string;
}

export function land(runtime: Runtime): Command {
  return leaf('land', 'put approved changes into the landing queue, in this order, and wait for the outcome')
    .argument('<change...>', 'changes, or the attempts or tasks that made them')
    .option('-b, --branch <branch>', 'target branch; by default that of the batch or of the repository')
    .option('--no-wait', 'return as soon as they are queued')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[readonly string[]], Options>(runtime, async (session, options, texts) => {
        const heddle = await session.client();
        const queued: Entry[] = [];
        for (const text of texts) queued.push(await enqueue(session, heddle, text, options.branch));
        const outcome = options.wait ? await settle(session, heddle, queued, options.timeout) : queued;
        if (session.out.json) session.out.document({ landings: outcome.map(({ landing }) => landing) });
        return options.wait ? exitCode(session, outcome) : EXIT.ok;
      }),
    );
}

async function enqueue(
  session: Session,
  heddle: HeddleClient,
  text: string,
  targetBranch: string | undefined,
): Promise<Entry> {
  const { signal } = session;
  const change = await heddle.changes.getById(await resolveChange(heddle, text), { signal });
  const landing = await heddle.landings.create(
    { changeId: change.id, headCommit: change.headCommit, targetBranch },
    { signal },
  );
  const entry = { landing, title: change.title };
  show(session, entry);
  return entry;
}

async function settle(
  session: Session,
  heddle: HeddleClient,
  queued: readonly Entry[],
  timeoutMs: number | undefined,
): Promise<Entry[]> {
  const until = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  const settled: Entry[] = [];
  for (const { landing, title } of queued) {
    const left = timeoutMs === undefined ? {} : { timeoutMs: Math.max(0, until - performance.now()) };
    const entry = { landing: await heddle.landings.wait(landing.id, { signal: session.signal, ...left }), title };
    settled.push(entry);
    show(session, entry);
  }
  return settled;
}

function show({ out, now }: Session, { landing, title }: Entry): void {
  if (!out.json) out.lines(landingLines(landing, title, { style: out.style, columns: out.columns, now: now() }));
}

function exitCode({ out }: Session, outcome: readonly Entry[]): ExitCode {
  if (outcome.some(({ landing }) => !isLandingDone(landing))) {
    out.note('The time is over, the landing goes on: heddle landing ls');
    return EXIT.timeLimit;
  }
  if (outcome.some(({ landing }) => landing.state === 'CONFLICTED')) {
    out.note(
      'What conflicted is kept: bring it onto the branch as it is now with heddle reconcile create --from-tip <change>, or launch its task again.',
    );
  }
  return outcome.every(({ landing }) => landing.state === 'LANDED') ? EXIT.ok : EXIT.workFailed;
}
