import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import { locate } from '../../resolve/locate.js';
import { statePaint } from '../../views/state-paint.js';

export function reconcileCancel(runtime: Runtime): Command {
  return leaf('cancel', 'stop a reconciliation and its attempt; what was made is kept')
    .argument('<reconciliation>', 'id, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const { id } = await locate(heddle, ['reconciliation'], text);
        const found = await heddle.reconciliations.cancel(id, { signal });
        if (out.json) out.document(found);
        else out.line(`reconciliation ${shortId(id)}  ${statePaint(out.style, found.state)(found.state)}`);
        return EXIT.ok;
      }),
    );
}
