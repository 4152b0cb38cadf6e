import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { threadList, threadsOf } from '../../views/comment-view.js';

interface Options extends JsonOption {
  readonly open?: boolean;
}

export function commentList(runtime: Runtime): Command {
  return leaf('ls', 'list the threads of a change, with where they are now')
    .alias('list')
    .argument('<change>', 'change, or the attempt or task that made it')
    .option('--open', 'only those that are not resolved')
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal, now }, { open }, name) => {
        const heddle = await client();
        const changeId = await resolveChange(heddle, name);
        const filter = open === true ? { states: ['OPEN' as const] } : {};
        const comments = await take(heddle.comments.listAll(changeId, filter, { signal, pageSize: 200 }));
        if (out.json) out.document({ comments });
        else out.lines(threadList(threadsOf(comments), { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
