import type { HeddleClient, LogFilter, LogLine, LogOwner } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { leaf, type JsonOption } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { parseWholeNumber } from '../input/number-option.js';
import { neutralise } from '../output/neutralise.js';
import type { Output } from '../output/output.js';
import type { Session } from '../session.js';
import { logBytes, logLine } from '../views/log-view.js';

export interface LogOptions extends JsonOption {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly stream?: LogLine['stream'];
  readonly phase?: LogLine['phase'];
  readonly check?: string;
}

/** A `logs` command with the options that every log has. */
export function logLeaf(description: string): Command {
  return leaf('logs', description)
    .option('-f, --follow', 'stay to the end; --json always does')
    .option('-n, --tail <lines>', 'only the last so many lines of what is there', parseWholeNumber)
    .addOption(new Option('--stream <stream>', 'only this stream').choices(['STDOUT', 'STDERR', 'SYSTEM']))
    .addOption(new Option('--phase <phase>', 'only this phase').choices(['SETUP', 'AGENT', 'CHECK']))
    .option('--check <name>', 'only this check');
}

export async function showLog(
  { out, signal }: Session,
  heddle: HeddleClient,
  owner: LogOwner,
  options: LogOptions,
): Promise<ExitCode> {
  const filter = logFilter(options);
  const isAnything =
    options.follow === true || out.json
      ? await followLog(out, heddle.logs.follow(owner, filter, { signal }))
      : await print(out, (await heddle.logs.text(owner, filter, { signal })).body);
  if (!isAnything)
    out.note(Object.keys(filter).length === 0 ? 'Nothing was printed.' : 'Nothing of that kind was printed.');
  return EXIT.ok;
}

function logFilter({ tail, stream, phase, check }: LogOptions): LogFilter {
  return {
    ...(tail === undefined ? {} : { tail }),
    ...(stream === undefined ? {} : { streams: [stream] }),
    ...(phase === undefined ? {} : { phases: [phase] }),
    ...(check === undefined ? {} : { check }),
  };
}

/**
 * Line by line to the end; of a stream in a pipe the bytes as they were printed.
 * @returns whether there was any
 */
export async function followLog(out: Output, lines: AsyncIterable<LogLine>): Promise<boolean> {
  let isAnything = false;
  for await (const line of lines) {
    isAnything = true;
    if (out.json) out.record(line);
    else if (out.isTerminal) out.line(logLine(line, out.style));
    else await out.bytes(logBytes(line));
  }
  return isAnything;
}

/** A pipe gets the bytes as they were printed, a terminal harmless text. @returns whether there were any */
async function print(out: Output, body: AsyncIterable<Uint8Array>): Promise<boolean> {
  const decoder = new TextDecoder();
  let isAnything = false;
  for await (const piece of body) {
    isAnything ||= piece.length > 0;
    if (out.isTerminal) out.stdout.write(neutralise(decoder.decode(piece, { stream: true })));
    else await out.bytes(piece);
  }
  return isAnything;
}
