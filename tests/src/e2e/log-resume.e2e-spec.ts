import { describe, expect, it } from '@jest/globals';
import type { LogLine } from '@heddle/sdk';
import { sseFrames, type SseFrame } from '../support/doors/sse-frames.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated } from '../support/work/agents.js';
import { openGate } from '../support/work/gates.js';
import { attemptEnded, attemptsOf, createBatch, registerRepository } from '../support/work/launch.js';
import { countedFrom, followLog, printed } from '../support/work/log-reader.js';

const platform = usePlatform();

/** Enough lines to be in the middle of the stream when it breaks. */
const BEFORE_THE_BREAK = 20;

describe('a log that is followed while the gateway is killed', () => {
  it('goes on behind Last-Event-ID, and behind after_sequence: every line exactly once', async () => {
    const { rest } = platform;
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    const repository = await registerRepository(rest, origin.path);
    const { gate, script } = gated({ after: 'for i in $(seq 1 200); do echo "line $i"; done; echo done > a.txt' });
    const [attempt] = attemptsOf(await createBatch(rest, repository, [bashTask('Talk', script)]));
    const id = attempt?.id ?? '';

    const seen = await readUntilBroken(id, () => platform.kill('gateway'));
    expect(seen.length).toBeGreaterThanOrEqual(BEFORE_THE_BREAK);
    await platform.restarted('gateway');

    const last = seen.at(-1)?.sequence ?? '';
    const resumed = collect(followLog(rest, id, last));
    await openGate(gate);
    const all = [...seen, ...(await resumed)];
    expect(all.map(({ sequence }) => sequence)).toEqual(countedFrom(1, all.length));
    expectWholeStory(all);

    await attemptEnded(rest, id);
    const over = await rest.open('GET', `/v1/attempts/${id}/logs?afterSequence=${last}`, {
      headers: { accept: 'text/event-stream' },
    });
    const frames: SseFrame[] = [];
    for await (const frame of sseFrames(over)) frames.push(frame);
    const bySequence = frames.filter(({ event }) => event === 'message').map((frame) => frame.id);
    expect(bySequence).toEqual(countedFrom(Number(last) + 1, all.length - Number(last)));
    expect(frames.at(-1)).toMatchObject({ event: 'end', id: String(all.length) });

    const nothing = await rest.open('GET', `/v1/attempts/${id}/logs`, {
      headers: { accept: 'text/event-stream', 'last-event-id': String(all.length) },
    });
    expect([200, 204]).toContain(nothing.status);
    expect(await nothing.text()).not.toContain('data: {"sequence"');
  });

  /** Reads some lines, then breaks the server, then whatever still comes. */
  async function readUntilBroken(id: string, breakIt: () => void): Promise<LogLine[]> {
    const seen: LogLine[] = [];
    let broken = false;
    try {
      for await (const line of followLog(platform.rest, id)) {
        seen.push(line);
        if (broken || seen.length < BEFORE_THE_BREAK) continue;
        broken = true;
        breakIt();
      }
    } catch (error) {
      if (!broken) throw error;
    }
    return seen;
  }
});

async function collect(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const all: LogLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

function expectWholeStory(lines: readonly LogLine[]): void {
  const said = printed(lines);
  const ticks = said.filter((text) => text.startsWith('tick '));
  expect(ticks).toEqual(countedFrom(1, ticks.length).map((n) => `tick ${n}`));
  expect(said).toEqual([
    'start 1',
    ...ticks,
    `opened after ${String(ticks.length)}`,
    ...countedFrom(1, 200).map((n) => `line ${n}`),
  ]);
}
