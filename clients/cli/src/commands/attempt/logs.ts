import type { HeddleClient, LogFilter, LogLine, LogOwner } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { neutralise } from '../../output/neutralise.js';
import type { Output } from '../../output/output.js';
import { locate } from '../../resolve/locate.js';
import { attemptOf } from '../../resolve/resolve-attempt.js';
import { logBytes, logLine } from '../../views/log-view.js';

interface Options extends JsonOption {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly stream?: LogLine['stream'];
  readonly phase?: LogLine['phase'];
  readonly check?: string;
}

export function attemptLogs(runtime: Runtime): Command {
  return leaf('logs', 'print what an agent, its checks or the checks of a landing printed')
    .argument('<id>', 'attempt, task, change or landing')
    .option('-f, --follow', 'stay to the end; --json always does')
    .option('-n, --tail <lines>', 'only the last so many lines of what is there', parseWholeNumber)
    .addOption(new Option('--stream <stream>', 'only this stream').choices(['STDOUT', 'STDERR', 'SYSTEM']))
    .addOption(new Option('--phase <phase>', 'only this phase').choices(['SETUP', 'AGENT', 'CHECK']))
    .option('--check <name>', 'only this check')
    .action(
      action<[string], Options>(runtime, async ({ client, out, signal }, options, text) => {
        const heddle = await client();
        const owner = await logOwner(heddle, text);
        const filter = logFilter(options);
        if (options.follow === true || out.json) await follow(out, heddle.logs.follow(owner, filter, { signal }));
        else await print(out, (await heddle.logs.text(owner, filter, { signal })).body);
        return EXIT.ok;
      }),
    );
}

async function logOwner(heddle: HeddleClient, text: string): Promise<LogOwner> {
  const located = await locate(heddle, ['attempt', 'task', 'change', 'landing'], text);
  if (located.kind === 'landing') return { kind: 'landings', id: located.id };
  return { kind: 'attempts', id: await attemptOf(heddle, located) };
}

function logFilter({ tail, stream, phase, check }: Options): LogFilter {
  return {
    ...(tail === undefined ? {} : { tail }),
    ...(stream === undefined ? {} : { streams: [stream] }),
    ...(phase === undefined ? {} : { phases: [phase] }),
    ...(check === undefined ? {} : { check }),
  };
}

async function follow(out: Output, lines: AsyncIterable<LogLine>): Promise<void> {
  for await (const line of lines) {
    if (out.json) out.record(line);
    else if (out.isTerminal) out.line(logLine(line, out.style));
    else await out.bytes(logBytes(line));
  }
}

/** A pipe gets the bytes as they were printed, a terminal harmless text. */
async function print(out: Output, body: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  for await (const piece of body) {
    if (out.isTerminal) out.stdout.write(neutralise(decoder.decode(piece, { stream: true })));
    else await out.bytes(piece);
  }
}
