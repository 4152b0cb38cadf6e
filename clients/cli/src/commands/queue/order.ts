import type { LandingQueue } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseCount, parseWholeNumber } from '../../input/number-option.js';
import { parseDelivery, type LandingDeliveryWord } from '../../input/landing-delivery.js';
import { parseStyle, type LandingStyleWord } from '../../input/landing-style.js';
import { resolveQueue } from '../../resolve/resolve-queue.js';
import type { Session } from '../../session.js';
import { queueTable } from '../../views/queue-view.js';

interface Options extends JsonOption {
  readonly repo?: string;
}

interface PauseOptions extends Options {
  readonly message?: string;
}

interface SetOptions extends Options {
  readonly window?: number;
  readonly batch?: number;
  readonly retry?: boolean;
  readonly style?: LandingStyleWord;
  readonly delivery?: LandingDeliveryWord;
  readonly returnToAuthor?: boolean;
  readonly reconcileEjected?: boolean;
  readonly rounds?: number;
  readonly landedChecks?: number;
}

export function queuePause(runtime: Runtime): Command {
  return onQueue('pause', 'let landings wait: nothing more is tested or pushed until the queue is resumed')
    .option('-m, --message <text>', 'why, for whoever waits')
    .action(
      action<[string | undefined], PauseOptions>(runtime, async (session, { repo, message }, text) => {
        const heddle = await session.client();
        const { id } = await resolveQueue(heddle, text, repo);
        return show(session, await heddle.landingQueues.pause(id, message, { signal: session.signal }));
      }),
    );
}

export function queueResume(runtime: Runtime): Command {
  return onQueue('resume', 'let a queue go on that was paused, or that stopped because its branch was red').action(
    action<[string | undefined], Options>(runtime, async (session, { repo }, text) => {
      const heddle = await session.client();
      const { id } = await resolveQueue(heddle, text, repo);
      return show(session, await heddle.landingQueues.resume(id, { signal: session.signal }));
    }),
  );
}

export function queueSet(runtime: Runtime): Command {
  return onQueue('set', 'change settings of a queue; they hold from its next plan on')
    .option('--window <count>', 'merge and test so many ahead at once, at most (1 to 16)', parseWholeNumber)
    .option('--batch <count>', 'one test stands for so many, at most (1 to 16)', parseWholeNumber)
    .option('--retry', 'run red checks once more on the same tree')
    .option('--no-retry', 'take a red check at its word')
    .option('--style <style>', 'merge, squash or rebase', parseStyle)
    .option('--delivery <way>', 'push, or pull-request at the forge of the repository', parseDelivery)
    .option('--return-to-author', 'what falls out by its own fault goes back to its agent as a new turn')
    .option('--no-return-to-author', 'what falls out waits for a person')
    .option('--reconcile-ejected', 'what conflicts with the branch or with what landed is reconciled with it')
    .option('--no-reconcile-ejected', 'what conflicts is not reconciled by itself')
    .option('--rounds <count>', 'how often a change is reconciled or goes back, at most (1 to 10)', parseWholeNumber)
    .option('--landed-checks <count>', 'the checks of so many landed ones count too (0 to 200)', parseCount)
    .action(
      action<[string | undefined], SetOptions>(runtime, async (session, options, text) => {
        const settings = {
          windowMax: options.window,
          batchMax: options.batch,
          retryFlakes: options.retry,
          style: options.style,
          delivery: options.delivery,
          returnToAuthor: options.returnToAuthor,
          reconcileEjected: options.reconcileEjected,
          roundsMax: options.rounds,
          landedChecks: options.landedChecks,
        };
        if (Object.values(settings).every((value) => value === undefined))
          throw usageError('Say what to set, for example --window 4');
        const heddle = await session.client();
        const { id } = await resolveQueue(heddle, text, options.repo);
        return show(session, await heddle.landingQueues.update(id, settings, { signal: session.signal }));
      }),
    );
}

function onQueue(name: string, description: string): Command {
  return leaf(name, description)
    .argument('[queue]', 'branch or id; the only one if left out')
    .option('-r, --repo <name-or-id>', 'of this repository');
}

function show({ out, now }: Session, queue: LandingQueue): number {
  if (out.json) out.document(queue);
  else out.lines(queueTable([queue], { style: out.style, columns: out.columns, now: now() }));
  return EXIT.ok;
}
