import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import { overlapEvidence, overlapTable } from '../../views/overlap-view.js';

export function overlapList(runtime: Runtime): Command {
  return leaf('overlaps', 'show which changes of a batch touch the same things, the strongest first')
    .argument('[batch]', 'id, or part of it; the newest if left out')
    .action(
      action<[string | undefined], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const batchId = await resolveBatch(heddle, text);
        const report = await heddle.overlaps.report({ batchId }, { signal });
        if (out.json) {
          out.document(report);
          return EXIT.ok;
        }
        const batch = await heddle.batches.getById(batchId, { signal });
        if (text === undefined) out.note(`Of batch ${shortId(batchId)}, the newest.`);
        const view = { style: out.style, columns: out.columns, now: now() };
        out.lines([...overlapTable(report.pairs, batch, view), ...overlapEvidence(report.pairs, batch, view)]);
        if (report.pendingPairs > 0) out.note(`${String(report.pendingPairs)} pairs are not computed yet.`);
        return EXIT.ok;
      }),
    );
}
