import { take, type Comment, type HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { readInput } from '../../input/read-input.js';
import { shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { pickComment } from '../../resolve/resolve-comment.js';
import type { Session } from '../../session.js';
import { showThread } from './show-thread.js';

const CHANGE = 'change, or the attempt or task that made it';
const COMMENT = 'id of a comment, or part of it; see heddle comment ls';

export function commentReply(runtime: Runtime): Command {
  return leaf('reply', 'answer in a thread')
    .argument('<change>', CHANGE)
    .argument('<comment>', COMMENT)
    .argument('<text>', 'what to say; - for standard input')
    .action(
      action<[string, string, string], JsonOption>(runtime, async (session, _options, change, id, words) => {
        const text = words === '-' ? await readInput(session, '-') : words;
        const { heddle, comment } = await find(session, change, id);
        const reply = { text, threadId: comment.threadId };
        showThread(session, [await heddle.comments.create(comment.changeId, reply, { signal: session.signal })]);
        return EXIT.ok;
      }),
    );
}

export function commentEdit(runtime: Runtime): Command {
  return leaf('edit', 'say something else in a comment of your own')
    .argument('<change>', CHANGE)
    .argument('<comment>', COMMENT)
    .argument('<text>', 'what to say; - for standard input')
    .action(
      action<[string, string, string], JsonOption>(runtime, async (session, _options, change, id, words) => {
        const text = words === '-' ? await readInput(session, '-') : words;
        const { heddle, comment } = await find(session, change, id);
        showThread(session, [
          await heddle.comments.update(comment.id, { text, etag: comment.etag }, { signal: session.signal }),
        ]);
        return EXIT.ok;
      }),
    );
}

export function commentDelete(runtime: Runtime): Command {
  return leaf('delete', 'remove a comment of your own')
    .argument('<change>', CHANGE)
    .argument('<comment>', COMMENT)
    .action(
      action<[string, string], JsonOption>(runtime, async (session, _options, change, id) => {
        const { heddle, comment } = await find(session, change, id);
        await heddle.comments.delete(comment.id, { signal: session.signal });
        if (session.out.json) session.out.document({});
        else session.out.line(`Comment ${shortId(comment.id)} is deleted.`);
        return EXIT.ok;
      }),
    );
}

export function commentResolve(runtime: Runtime): Command {
  return turning(runtime, 'resolve', 'say that a thread is settled', (heddle, id, signal) =>
    heddle.comments.resolve(id, { signal }),
  );
}

export function commentReopen(runtime: Runtime): Command {
  return turning(runtime, 'reopen', 'say that a thread is not settled after all', (heddle, id, signal) =>
    heddle.comments.reopen(id, { signal }),
  );
}

function turning(
  runtime: Runtime,
  name: string,
  description: string,
  turn: (heddle: HeddleClient, id: string, signal: AbortSignal) => Promise<Comment>,
): Command {
  return leaf(name, description)
    .argument('<change>', CHANGE)
    .argument('<comment>', COMMENT)
    .action(
      action<[string, string], JsonOption>(runtime, async (session, _options, change, id) => {
        const { heddle, comment } = await find(session, change, id);
        showThread(session, [await turn(heddle, comment.id, session.signal)]);
        return EXIT.ok;
      }),
    );
}

async function find(
  { client, signal }: Session,
  change: string,
  id: string,
): Promise<{ heddle: HeddleClient; comment: Comment }> {
  const heddle = await client();
  const changeId = await resolveChange(heddle, change);
  const comments = await take(heddle.comments.listAll(changeId, {}, { signal, pageSize: 200 }));
  return { heddle, comment: pickComment(comments, id) };
}
