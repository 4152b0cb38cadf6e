import { setTimeout as delay } from 'node:timers/promises';
import type { LogLine } from '@heddle/sdk';
import { eventually, PATIENCE_MS } from '../bounds.js';
import type { RestDoor } from '../doors/rest-door.js';
import { sseFrames } from '../doors/sse-frames.js';

const RECONNECT_MS = 200;

/** Log lines as server-sent events, to the log's end or until the caller has enough. */
export async function* followLog(
  rest: RestDoor,
  attemptId: string,
  lastEventId?: string,
): AsyncGenerator<LogLine, void, undefined> {
  const over = new AbortController();
  const late = setTimeout(() => {
    over.abort(new Error(`The log of ${attemptId} did not end in ${String(PATIENCE_MS / 1000)} s`));
  }, PATIENCE_MS);
  try {
    const response = await rest.open('GET', `/v1/attempts/${attemptId}/logs`, {
      headers: { accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
      signal: over.signal,
    });
    if (response.status === 204) return;
    if (response.status !== 200)
      throw new Error(`The log answers ${String(response.status)}: ${await response.text()}`);
    for await (const frame of sseFrames(response)) {
      if (frame.event === 'end') return;
      if (frame.event !== 'message') throw new Error(`The log's stream says ${frame.event}: ${frame.data}`);
      const line = JSON.parse(frame.data) as LogLine;
      if (frame.id !== line.sequence) throw new Error(`Line ${line.sequence} came with the id ${frame.id}`);
      yield line;
    }
    throw new Error('The stream broke off before its end');
  } finally {
    clearTimeout(late);
    over.abort();
  }
}

/**
 * The same for a reader that outlives the server: after a break it goes on behind the last line that it has. Lines are
 * given as they come, so that one that came twice, or never, is seen.
 */
export async function* followThrough(rest: RestDoor, attemptId: string): AsyncGenerator<LogLine, void, undefined> {
  const deadline = performance.now() + 2 * PATIENCE_MS;
  let last: string | undefined;
  for (;;) {
    try {
      for await (const line of followLog(rest, attemptId, last)) {
        last = line.sequence;
        yield line;
      }
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(RECONNECT_MS);
    }
  }
}

/** The whole log of an attempt, once it is complete. */
export async function wholeLog(rest: RestDoor, attemptId: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of followLog(rest, attemptId)) lines.push(line);
  return lines;
}

/**
 * A log as it was printed, once it is complete: its last lines may come moments after its owner's end.
 * @param owner `attempts/<id>`, `landings/<id>`, `jobs/<id>` or `trials/<id>`
 */
export async function completeLog(rest: RestDoor, owner: string): Promise<Response> {
  return eventually(`the log of ${owner} is complete`, async () => {
    const answer = await rest.open('GET', `/v1/${owner}/logs`);
    if (answer.headers.get('heddle-log-complete') === 'true') return answer;
    await answer.body?.cancel();
    return undefined;
  });
}

/** Waits until the program has printed the line. @returns all lines up to it */
export async function untilPrinted(rest: RestDoor, attemptId: string, text: string): Promise<LogLine[]> {
  const seen: LogLine[] = [];
  for await (const line of followLog(rest, attemptId)) {
    seen.push(line);
    if (line.text === text) return seen;
  }
  throw new Error(
    `The log ended without the line ${JSON.stringify(text)}:\n${seen.map((line) => line.text).join('\n')}`,
  );
}

/** What the agent itself printed. */
export function printed(lines: readonly LogLine[], phase: LogLine['phase'] = 'AGENT'): string[] {
  return lines.filter((line) => line.phase === phase && line.stream !== 'SYSTEM').map((line) => line.text);
}

/** 1, 2, 3, …: what `sequence` has to be when nothing is missing and nothing is doubled. */
export function countedFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(first + index));
}
