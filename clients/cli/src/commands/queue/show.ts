import { setTimeout as delay } from 'node:timers/promises';
import { take, type HeddleClient, type Landing, type LandingQueue } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { LiveScreen } from '../../progress/live-screen.js';
import { resolveQueue } from '../../resolve/resolve-queue.js';
import type { Session } from '../../session.js';
import { queueLines, settledLines } from '../../views/queue-view.js';

interface Options extends JsonOption {
  readonly repo?: string;
  readonly watch?: boolean;
}

interface Picture {
  readonly queue: LandingQueue;
  /** In the order of the queue. */
  readonly waiting: readonly Landing[];
  /** The newest first. */
  readonly settled: readonly Landing[];
}

const LOOK_EVERY_MS = 1_000;
/** Of the repository; those of the queue are picked from them. */
const RECENT = 50;
const SETTLED = 10;

export function queueShow(runtime: Runtime): Command {
  return leaf('show', 'show a landing queue: its settings, what waits in it, and what settled last')
    .argument('[queue]', 'branch or id; the only one if left out')
    .option('-r, --repo <name-or-id>', 'of this repository')
    .option('-w, --watch', 'stay until nothing waits any more; one line for each change in a pipe')
    .action(
      action<[string | undefined], Options>(runtime, async (session, { repo, watch }, text) => {
        const heddle = await session.client();
        const { id } = await resolveQueue(heddle, text, repo);
        if (watch === true) await follow(session, heddle, id);
        else show(session, await look(heddle, id, session.signal));
        return EXIT.ok;
      }),
    );
}

async function look(heddle: HeddleClient, id: string, signal: AbortSignal): Promise<Picture> {
  const queue = await heddle.landingQueues.getById(id, { signal });
  const { repositoryId } = queue;
  const inQueue = ({ queueId }: Landing): boolean => queueId === id;
  const states = { waiting: ['QUEUED', 'TESTING', 'PUSHING'], settled: ['LANDED', 'CONFLICTED', 'EJECTED'] } as const;
  const waiting = await take(
    heddle.landings.listAll({ repositoryId, states: [...states.waiting] }, { signal, pageSize: 200 }),
  );
  const settled = await take(
    heddle.landings.listAll({ repositoryId, states: [...states.settled] }, { signal, pageSize: RECENT }),
    RECENT,
  );
  return {
    queue,
    waiting: waiting.filter(inQueue).sort((a, b) => (a.queuePosition ?? 0) - (b.queuePosition ?? 0)),
    settled: settled.filter(inQueue).slice(0, SETTLED),
  };
}

function lines({ out, now }: Session, { queue, waiting, settled }: Picture): string[] {
  const view = { style: out.style, columns: out.columns, now: now() };
  const last = settledLines(settled, view);
  return [...queueLines(queue, waiting, view), ...(last.length === 0 ? [] : ['', ...last])];
}

function show(session: Session, picture: Picture): void {
  if (session.out.json) session.out.document(picture);
  else session.out.lines(lines(session, picture));
}

/** Ends when nothing waits, or when what waits can't go on by itself. */
async function follow(session: Session, heddle: HeddleClient, id: string): Promise<void> {
  const { out, signal } = session;
  const screen = out.isTerminal && !out.json ? new LiveScreen(out.stdout) : undefined;
  const told = new Map<string, string>();
  for (;;) {
    const picture = await look(heddle, id, signal);
    if (screen === undefined) tell(session, picture, told);
    else screen.draw(lines(session, picture));
    if (picture.waiting.length === 0) return;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** A line, or a JSON document, for each landing that moved since it was told of. */
function tell({ out, now }: Session, { queue, waiting, settled }: Picture, told: Map<string, string>): void {
  const isFirst = told.size === 0;
  for (const landing of [...waiting, ...settled]) {
    const word = `${landing.state} ${landing.reason}`;
    const isNews = told.get(landing.id) !== word && !(isFirst && settled.includes(landing));
    told.set(landing.id, word);
    if (!isNews) continue;
    if (out.json) out.record({ landing });
    else out.lines(settledLines([landing], { style: out.style, columns: out.columns, now: now() }));
  }
  if (told.get(queue.id) === queue.state) return;
  told.set(queue.id, queue.state);
  if (out.json) out.record({ queue });
  else out.line(`queue ${queue.branch} ${queue.state}`);
}
