import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { locate } from '../../resolve/locate.js';
import { landingTable } from '../../views/landing-view.js';

export function landingExplain(runtime: Runtime): Command {
  return leaf('explain', 'say why a landing is where it is: who is ahead of it, and what is in its way')
    .argument('<landing>', 'id, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const { id } = await locate(heddle, ['landing'], text);
        const said = await heddle.landings.explain(id, { signal });
        if (out.json) {
          out.document(said);
          return EXIT.ok;
        }
        const view = { style: out.style, columns: out.columns, now: now() };
        out.lines(landingTable(said.landing === undefined ? [] : [said.landing], view));
        for (const { reason, message } of said.blockers)
          out.line(oneLine(`${reason}${message === '' ? '' : `: ${message}`}`));
        if (said.ahead.length > 0) out.lines(['', 'Ahead of it:', ...landingTable(said.ahead, view)]);
        else if (said.landing?.queuePosition !== undefined) out.line('Nothing is ahead of it.');
        return EXIT.ok;
      }),
    );
}
