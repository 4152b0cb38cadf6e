import { take, type Attempt } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { locate } from '../../resolve/locate.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import { attemptList as view } from '../../views/attempt-view.js';

interface Options extends JsonOption {
  readonly batch?: string;
  readonly task?: string;
  readonly state?: Attempt['state'];
  readonly limit: number;
}

const STATES = [
  'QUEUED',
  'PROVISIONING',
  'RUNNING',
  'CHECKING',
  'WAITING_FOR_USER',
  'COMPLETED',
  'FAILED',
  'TIMED_OUT',
  'CANCELLED',
] as const satisfies readonly Attempt['state'][];

export function attemptList(runtime: Runtime): Command {
  return leaf('ls', 'list attempts, the newest first')
    .option('-b, --batch <id>', 'only those of this batch')
    .option('-t, --task <id>', 'only those of this task')
    .addOption(new Option('-s, --state <state>', 'only those in this state').choices(STATES))
    .option('-n, --limit <count>', 'at most so many', parseWholeNumber, 50)
    .action(
      action<[], Options>(runtime, async ({ client, out, signal, now }, { batch, task, state, limit }) => {
        const heddle = await client();
        const filter = {
          batchId: batch === undefined ? undefined : await resolveBatch(heddle, batch),
          taskId: task === undefined ? undefined : (await locate(heddle, ['task'], task)).id,
          states: state === undefined ? undefined : [state],
        };
        const pageSize = Math.min(200, Math.max(1, limit));
        const attempts = await take(heddle.attempts.listAll(filter, { signal, pageSize }), limit);
        if (out.json) out.document({ attempts });
        else {
          const isFiltered = Object.values(filter).some((value) => value !== undefined);
          out.lines(view(attempts, { style: out.style, columns: out.columns, now: now() }, isFiltered));
        }
        return EXIT.ok;
      }),
    );
}
