import { isBatchEnded, take, type Batch, type Change } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import { batchHeadline, batchTable } from '../../views/batch-view.js';

export function batchShow(runtime: Runtime): Command {
  return leaf('show', 'show a batch with its attempts, checks, reviews and landings')
    .argument('[batch]', 'id, or part of it; the newest if left out')
    .action(
      action<[string | undefined], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const batchId = await resolveBatch(heddle, text);
        const batch = await heddle.batches.getById(batchId, { signal });
        if (out.json) {
          out.document(batch);
          return EXIT.ok;
        }
        const changes = await take(heddle.changes.listAll({ batchId }, { signal, pageSize: 200 }));
        const view = { style: out.style, columns: out.columns, now: now() };
        out.lines([batchHeadline(batch, view), ...batchTable(batch, changes, view)]);
        out.note(nextStep(batch, changes));
        return EXIT.ok;
      }),
    );
}

function nextStep(batch: Batch, changes: readonly Change[]): string {
  if (!isBatchEnded(batch)) return `Watch it: heddle watch ${shortId(batch.id)}`;
  const inOrder = batch.tasks.flatMap(({ attempts }) =>
    // What landed, by itself or with others, waits for nobody.
    attempts.flatMap(({ id, landingState }) =>
      landingState === 'LANDED' ? [] : (changes.find(({ attemptId }) => attemptId === id) ?? []),
    ),
  );
  const pending = inOrder.find(({ reviewState, empty, partial }) => reviewState === 'PENDING' && !empty && !partial);
  if (pending === undefined) return `What overlaps: heddle overlaps ${shortId(batch.id)}`;
  const id = shortId(pending.attemptId);
  return `Review: heddle diff ${id}, heddle approve ${id}, then heddle land ${id}`;
}
