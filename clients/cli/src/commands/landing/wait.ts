import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { parseDuration } from '../../input/duration-option.js';
import { locate } from '../../resolve/locate.js';
import { settleLandings } from './settle.js';

interface Options extends JsonOption {
  readonly timeout?: number;
}

export function landingWait(runtime: Runtime): Command {
  return leaf('wait', 'wait until a landing has landed or fallen out, or its pull request is open')
    .argument('<landing>', 'id, or part of it')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string], Options>(runtime, async (session, { timeout }, text) => {
        const { client, out, signal } = session;
        const heddle = await client();
        const { id } = await locate(heddle, ['landing'], text);
        const landing = await heddle.landings.getById(id, { signal });
        const { code, landings } = await settleLandings(session, heddle, [landing], timeout);
        if (out.json) out.document(landings[0]);
        return code;
      }),
    );
}
