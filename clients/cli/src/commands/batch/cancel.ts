import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import { batchHeadline } from '../../views/batch-view.js';

export function batchCancel(runtime: Runtime): Command {
  return leaf('cancel', 'stop every attempt of a batch that has not ended; what was made is kept')
    .argument('<batch>', 'id, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const batch = await heddle.batches.cancel(await resolveBatch(heddle, text), { signal });
        if (out.json) out.document(batch);
        else out.line(batchHeadline(batch, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}
