import type { Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { locate } from '../../resolve/locate.js';
import { landingTable } from '../../views/landing-view.js';

interface Options extends JsonOption {
  readonly position?: number;
  readonly priority?: number;
}

export function landingMove(runtime: Runtime): Command {
  return leaf('move', 'give a landing another place in its queue')
    .argument('<landing>', 'id, or part of it')
    .option('--position <place>', 'among those of its priority, from 1', parseWholeNumber)
    .option(
      '--priority <number>',
      '1 to 5; 1 is the fast lane, for which the tests of others are stopped',
      parseWholeNumber,
    )
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal, now }, { position, priority }, text) => {
        if (position === undefined && priority === undefined)
          throw usageError('Say where to: --position or --priority');
        const heddle = await client();
        const { id } = await locate(heddle, ['landing'], text);
        const landing = await heddle.landings.move(id, { position, priority }, { signal });
        if (out.json) out.document(landing);
        else out.lines(landingTable([landing], { style: out.style, columns: out.columns, now: now() }));
        if (landing.queuePosition !== undefined)
          out.note(`It is number ${String(landing.queuePosition)} in its queue.`);
        return EXIT.ok;
      }),
    );
}
