import type { Terminal, WindowSize } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import type { Output } from '../../output/output.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { locate } from '../../resolve/locate.js';
import type { Session } from '../../session.js';

const DEFAULT_WINDOW: WindowSize = { columns: 80, rows: 24 };

export function attemptShell(runtime: Runtime): Command {
  return leaf(
    'shell',
    'look around in a throw-away copy of what an attempt left, where its environment keeps sandboxes',
  )
    .argument('<id>', 'attempt, or a task or change for its attempt')
    .argument('[command...]', 'what to run there, after --; a shell by default')
    .addHelpText('after', '\nIts exit code is that of the program, or 255 where nobody knows it.')
    .action(
      action<[string, string[]], JsonOption>(runtime, async (session, _options, text, command) => {
        const { client, out, signal, keyboard } = session;
        const heddle = await client();
        const id = await attemptOf(heddle, await locate(heddle, ['attempt', 'task', 'change'], text));
        const window = keyboard.isTerminal && out.isTerminal ? windowOf(out) : undefined;
        if (window !== undefined) out.note('A copy of what was kept: what you change here is gone when you leave.');
        const terminal = await heddle.attempts.openTerminal(id, { command, window, signal });
        return attach(session, terminal, window !== undefined);
      }),
    );
}

/** Both ways, until the program has ended. */
async function attach(session: Session, terminal: Terminal, isWindow: boolean): Promise<number> {
  const { out, keyboard } = session;
  const stopTyping = keyboard.listen(
    (bytes) => terminal.write(bytes),
    () => void terminal.endInput(),
  );
  const stopSizing = keyboard.onResize(() => {
    if (isWindow) void terminal.resize(windowOf(out));
  });
  try {
    for await (const { stream, data } of terminal.output())
      await (stream === 'OUTPUT' ? out.bytes(data) : out.errorBytes(data));
    return terminal.exitCode ?? EXIT.fault;
  } finally {
    stopSizing();
    stopTyping();
  }
}

function windowOf({ stdout }: Output): WindowSize {
  return { columns: stdout.columns ?? DEFAULT_WINDOW.columns, rows: stdout.rows ?? DEFAULT_WINDOW.rows };
}
