import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { locate } from '../../resolve/locate.js';
import { checkTable } from '../../views/check-view.js';
import { landingLines, landingSteps } from '../../views/landing-view.js';

export function landingShow(runtime: Runtime): Command {
  return leaf('show', 'show a landing with its checks and conflicts')
    .argument('<landing>', 'id, or part of it')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal, now }, _options, text) => {
        const heddle = await client();
        const { id } = await locate(heddle, ['landing'], text);
        const landing = await heddle.landings.getById(id, { signal });
        if (out.json) {
          out.document(landing);
          return EXIT.ok;
        }
        const view = { style: out.style, columns: out.columns, now: now() };
        out.lines([...landingLines(landing, view), ...checkTable(landing.checks, view)]);
        for (const step of landingSteps(landing)) out.note(step);
        return EXIT.ok;
      }),
    );
}
