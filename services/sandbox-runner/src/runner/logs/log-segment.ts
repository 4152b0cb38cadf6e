import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogLine_Phase, LogLine_Stream } from '@heddle/contracts';
import { errnoOf, type JournalState } from '@heddle/sandbox';

/**
 * One stretch of a sandbox's log: what the platform says before, what the process prints, what the platform says after.
 * Each is a file in the spool directory; their order is the order of the log.
 */
export interface LogSegment {
  readonly name: string;
  readonly phase: LogLine_Phase;
  /** Name of the check, empty for the agent. */
  readonly check: string;
}

export interface SegmentFile {
  readonly key: string;
  readonly path: string;
  readonly stream: LogLine_Stream;
}

const FILES = [
  { suffix: 'before', stream: LogLine_Stream.SYSTEM },
  { suffix: 'out', stream: LogLine_Stream.STDOUT },
  { suffix: 'err', stream: LogLine_Stream.STDERR },
  { suffix: 'after', stream: LogLine_Stream.SYSTEM },
] as const;

export function segmentFiles(spool: string, segment: LogSegment): SegmentFile[] {
  return FILES.map(({ suffix, stream }) => {
    const key = `${segment.name}.${suffix}`;
    return { key, path: join(spool, key), stream };
  });
}

export function spoolPaths(spool: string, segment: string): { readonly stdout: string; readonly stderr: string } {
  return { stdout: join(spool, `${segment}.out`), stderr: join(spool, `${segment}.err`) };
}

export function agentSegment(turn: number, attempt: number): LogSegment {
  return {
    name: attempt === 1 ? `turn-${String(turn)}` : `turn-${String(turn)}-${String(attempt)}`,
    phase: LogLine_Phase.AGENT,
    check: '',
  };
}

/** The turn that an agent's segment belongs to, from 1. */
export function turnOf({ name }: LogSegment): number {
  return Number(/^turn-(\d+)/.exec(name)?.[1] ?? 0);
}

export function checkSegment(turn: number, index: number, attempt: number, check: string): LogSegment {
  const name = `check-${String(turn)}-${String(index)}${attempt === 1 ? '' : `-${String(attempt)}`}`;
  return { name, phase: LogLine_Phase.CHECK, check };
}

/** Of a set-up or maintenance script, or of what the platform has to say about layers where none runs. */
export function setupSegment(name: string): LogSegment {
  return { name, phase: LogLine_Phase.SETUP, check: '' };
}

/** The segments that a journal knows, in the order of their starts. Process ids are segment names. */
export function segmentsOf(
  state: JournalState,
  checks: readonly { readonly name: string }[],
): { readonly segment: LogSegment; readonly ended: boolean }[] {
  const setups = [...state.phases.keys()].filter((phase) => phase.startsWith('setup/'));
  const ran = [...state.processes.values()].map(({ process, result }) => {
    if (/^(setup|maintenance)-/.test(process)) return { segment: setupSegment(process), ended: result !== undefined };
    const index = /^check-\d+-(\d+)/.exec(process)?.[1];
    const segment: LogSegment =
      index === undefined
        ? { name: process, phase: LogLine_Phase.AGENT, check: '' }
        : { name: process, phase: LogLine_Phase.CHECK, check: checks[Number(index)]?.name ?? '' };
    return { segment, ended: result !== undefined };
  });
  // What was said where nothing ran: before all that came of it.
  const said = setups
    .map((phase) => setupSegment(phase.replace('/', '-')))
    .filter(({ name }) => ![...state.processes.values()].some(({ process }) => process === name));
  return [...said.map((segment) => ({ segment, ended: true })), ...ran];
}

/** The one line that a stretch begins with; repeats change nothing. */
export async function openSegment(spool: string, segment: LogSegment, text: string): Promise<void> {
  await writeFile(join(spool, `${segment.name}.before`), `${text}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    },
  );
}

/** A line by the platform, into the stretch before or after what the process prints. */
export async function sayInSegment(
  spool: string,
  segment: LogSegment,
  where: 'before' | 'after',
  text: string,
): Promise<void> {
  await appendFile(join(spool, `${segment.name}.${where}`), `${text.replaceAll('\n', ' ')}\n`, { mode: 0o600 });
}

/** A line before what the process prints, unless it is there already: who comes back says the same again. */
export async function sayOnce(spool: string, segment: LogSegment, text: string): Promise<void> {
  const said = await readFile(join(spool, `${segment.name}.before`), 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  if (!said.split('\n').includes(text)) await sayInSegment(spool, segment, 'before', text);
}
