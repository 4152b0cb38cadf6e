import { take, type Change, type HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import type { Session } from '../../session.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import { changeHeadline, fileDiffLines, fileTable, noticeLines } from '../../views/diff-view.js';
import { decisionLines } from '../../views/decision-view.js';

interface Options extends JsonOption {
  readonly stat?: boolean;
  readonly patch?: boolean;
  readonly series?: boolean;
  readonly file?: string;
}

export function changeDiff(runtime: Runtime): Command {
  return leaf('diff', 'show what a change does; in a pipe, as a patch for git apply')
    .argument('<change>', 'change, or the attempt or task that made it')
    .option('--stat', 'only the files and their sizes')
    .option('--patch', 'the whole change for git apply --binary')
    .option('--series', 'the change as mails for git am, one for each commit')
    .option('--file <path>', 'only this file')
    .action(
      action<[string], Options>(runtime, async (session, options, text) => {
        const heddle = await session.client();
        const changeId = await resolveChange(heddle, text);
        const { out } = session;
        if (options.stat === true) await showStat(session, heddle, changeId);
        else if (out.json)
          out.document({ files: await take(heddle.changes.diff(changeId, options.file, { signal: session.signal })) });
        else if (options.series === true)
          await writePatch(session, await heddle.changes.patchSeries(changeId, { signal: session.signal }));
        else if (options.patch === true || (!out.isTerminal && options.file === undefined))
          await writePatch(session, await heddle.changes.patch(changeId, { signal: session.signal }));
        else await showDiff(session, heddle, changeId, options.file);
        return EXIT.ok;
      }),
    );
}

async function showStat({ out, signal, now }: Session, heddle: HeddleClient, changeId: string): Promise<void> {
  const change = await heddle.changes.getById(changeId, { signal });
  const files = await take(heddle.changes.listFiles(changeId, { signal, pageSize: 200 }));
  if (out.json) {
    out.document({ stats: change.stats, files });
    return;
  }
  const view = { style: out.style, columns: out.columns, now: now() };
  out.lines([...head(change, view), ...fileTable(files, view)]);
}

async function writePatch({ out }: Session, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  let isEmpty = true;
  for await (const piece of pieces) {
    isEmpty &&= piece.length === 0;
    await out.bytes(piece);
  }
  if (isEmpty) out.note('Nothing was changed: the patch is empty.');
}

async function showDiff(
  { out, signal, now }: Session,
  heddle: HeddleClient,
  changeId: string,
  path: string | undefined,
): Promise<void> {
  const view = { style: out.style, columns: out.columns, now: now() };
  out.lines(head(await heddle.changes.getById(changeId, { signal }), view));
  let shown = 0;
  for await (const diff of heddle.changes.diff(changeId, path, { signal })) {
    out.lines(fileDiffLines(diff, view));
    shown += 1;
  }
  if (shown === 0) out.line('Nothing was changed.');
}

function head(change: Change, view: Parameters<typeof changeHeadline>[1]): string[] {
  return [changeHeadline(change, view), ...decisionLines(change, view), ...noticeLines(change, view)];
}
