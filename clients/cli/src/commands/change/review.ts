import { take, type Change, type FileDiff, type HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import type { Output } from '../../output/output.js';
import { paged } from '../../output/pager.js';
import { shortId } from '../../output/short-id.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
import { threadList, threadPlace, threadsOf, type Thread } from '../../views/comment-view.js';
import { fileTable } from '../../views/diff-view.js';
import { reviewFile, reviewHead } from '../../views/review-view.js';

interface Options extends JsonOption {
  readonly file?: string;
  readonly since?: string;
  readonly ignoreWhitespace?: boolean;
}

export function changeReview(runtime: Runtime): Command {
  return leaf('review', 'read a change: its state, checks, overlaps and files, every line with what was said about it')
    .argument('<change>', 'change, or the attempt or task that made it')
    .option('--file <path>', 'only this file')
    .option('--since <commit>', 'only what has come since this head of the change')
    .option('-w, --ignore-whitespace', 'leave out what differs by white space only')
    .action(
      action<[string], Options>(runtime, async (session, options, name) => {
        const { client, out, signal, openPager } = session;
        const heddle = await client();
        const change = await heddle.changes.getById(await resolveChange(heddle, name), { signal });
        const files = heddle.changes.diff(change.id, options.file, {
          signal,
          sinceCommit: options.since,
          ignoreWhitespace: options.ignoreWhitespace,
        });
        const comments = await take(heddle.comments.listAll(change.id, {}, { signal, pageSize: 200 }));
        const { pairs } = await heddle.overlaps.report({ changeId: change.id }, { signal });
        if (out.json) {
          out.document({ change, overlaps: pairs, comments, files: await take(files) });
          return EXIT.ok;
        }
        const threads = threadsOf(comments);
        await paged(out, openPager, async (page) => {
          const view = viewOf(page, session);
          page.lines(reviewHead(change, pairs, threads, view));
          await show(page, session, { heddle, change, files, threads, options });
        });
        out.note(nextSteps(change, threads));
        return EXIT.ok;
      }),
    );
}

interface Reading {
  readonly heddle: HeddleClient;
  readonly change: Change;
  readonly files: AsyncIterable<FileDiff>;
  readonly threads: readonly Thread[];
  readonly options: Options;
}

async function show(page: Output, session: Session, reading: Reading): Promise<void> {
  const { heddle, change, files, threads, options } = reading;
  const view = viewOf(page, session);
  if (options.file === undefined && options.since === undefined) {
    const all = await take(heddle.changes.listFiles(change.id, { signal: session.signal, pageSize: 200 }));
    page.lines(['', ...fileTable(all, view)]);
  }
  const rest = new Set(threads);
  // Places before the change are counted in the base, of which nothing is shown here.
  const fits = ({ first }: Thread): boolean => options.since === undefined || first.anchor?.side !== 'OLD';
  for await (const diff of files) {
    const own = threads.filter((thread) => fits(thread) && isAbout(thread, diff));
    for (const thread of own) rest.delete(thread);
    page.lines(reviewFile(diff, own, view));
    await page.stdout.drained();
  }
  const others = [...rest].filter(
    (thread) => options.file === undefined || threadPlace(thread).startsWith(options.file),
  );
  if (others.length > 0) page.lines(['', view.style.bold('Threads elsewhere'), ...threadList(others, view)]);
}

/** On the side before the change a file has its old name. */
function isAbout({ first: { anchor, position } }: Thread, { file }: FileDiff): boolean {
  const path = (position ?? anchor)?.path;
  return file !== undefined && path === (anchor?.side === 'OLD' ? (file.oldPath ?? file.path) : file.path);
}

function viewOf(out: Output, { now }: Session) {
  return { style: out.style, columns: out.columns, now: now() };
}

function nextSteps(change: Change, threads: readonly Thread[]): string {
  const id = shortId(change.id);
  const open = threads.filter(({ first }) => first.state === 'OPEN').length;
  const asked = open === 0 ? '' : ` (${String(open)} open threads go with it)`;
  return `Say something: heddle comment add ${id} --file <path> --line <n> <text>. Decide: heddle approve ${id}, heddle request-changes ${id}${asked}, heddle reject ${id}. Next time: heddle review ${id} --since ${change.headCommit}`;
}
