import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { TurnReader } from '@heddle/agents';
import { AgentActivity, AgentActivity_Kind, LogLine_Phase } from '@heddle/contracts';
import { createLogger } from '@heddle/platform/logging';
import { useTemporaryDirectories } from '@heddle/testing';
import { MemoryPublisher } from '../../testing/memory-publisher.js';
import { maskOf, type Mask } from '../secrets/secret-mask.js';
import { LogPump } from './log-pump.js';
import { agentSegment, checkSegment } from './log-segment.js';

const temporary = useTemporaryDirectories();
const logger = createLogger('test', 'silent');
const AGENT = agentSegment(1, 1);

async function pumpOver(
  files: Readonly<Record<string, string>>,
  mask: () => Promise<Mask> = () => Promise.resolve(maskOf([])),
): Promise<{
  readonly pump: LogPump;
  readonly publisher: MemoryPublisher;
  readonly spool: string;
}> {
  const spool = await temporary('spool');
  for (const [name, text] of Object.entries(files)) await writeFile(join(spool, name), text);
  const publisher = new MemoryPublisher();
  return { pump: new LogPump({ ownerId: 'o', fence: 1, spool, mask, publisher, logger }), publisher, spool };
}

/** More than one batch takes, in lines that leave a few bytes of each batch's room over. */
const LONG = Array.from({ length: 2_000 }, (_, index) => `${String(index).padStart(6, '0')} ${'x'.repeat(190)}`);

describe('the log pump', () => {
  it('ends a log only after all that waits in its spools', async () => {
    const { pump, publisher } = await pumpOver({ 'turn-1.out': `${LONG.join('\n')}\n`, 'turn-1.after': 'over\n' });
    pump.addSegment(AGENT, true);
    await pump.end();
    expect(publisher.texts('o')).toEqual([...LONG, 'over']);
    expect(publisher.hasEnded('o')).toBe(true);
  });

  it("numbers all of the agent's lines before a check's", async () => {
    const { pump, publisher } = await pumpOver({ 'turn-1.out': `${LONG.join('\n')}\n`, 'check-1-0.out': 'fine\n' });
    pump.addSegment(AGENT, true);
    pump.addSegment(checkSegment(1, 0, 1, 'test'), true);
    await pump.end();
    expect(publisher.lines('o').findIndex((line) => line.phase === LogLine_Phase.CHECK)).toBe(LONG.length);
  });

  it.each(['before', 'while'] as const)('does not take a stop %s JetStream is away for the end', async (when) => {
    const { pump, publisher } = await pumpOver({ 'turn-1.out': 'line\n' });
    pump.addSegment(AGENT, true);
    publisher.fault = when === 'before' ? 'refuse' : 'none';
    if (when === 'while') publisher.publish = () => Promise.reject(new Error('JetStream is away'));
    const ended = pump.end();
    const outcome = expect(ended).rejects.toMatchObject({ reason: 'SANDBOX_UNAVAILABLE' });
    await pump.stop();
    await outcome;
    expect(publisher.hasEnded('o')).toBe(false);
  });

  it('waits for a spool that cannot be read', async () => {
    const { pump, publisher, spool } = await pumpOver({});
    const unreadable = join(spool, 'turn-1.out');
    await mkdir(unreadable);
    const complained = new Promise<void>((resolve) => {
      logger.warn = () => {
        resolve();
      };
    });
    pump.addSegment(AGENT, true);
    const ended = pump.end();
    await complained;
    await rm(unreadable, { recursive: true });
    await writeFile(unreadable, 'late\n');
    await ended;
    expect(publisher.texts('o')).toEqual(['late']);
  });

  it('shows no line before it knows what to hide, and hides it in every form', async () => {
    const value = 'hunter2/hunter2';
    const printed = [value, `v=${encodeURIComponent(value)}&`, Buffer.from(value).toString('base64'), 'and no more'];
    let tries = 0;
    const { pump, publisher } = await pumpOver({ 'turn-1.out': `${printed.join('\n')}\n` }, () => {
      tries += 1;
      expect(publisher.lines('o')).toEqual([]);
      return tries < 3 ? Promise.reject(new Error('the scheduler is away')) : Promise.resolve(maskOf([value]));
    });
    pump.addSegment(AGENT, true);
    await pump.end();
    const texts = publisher.texts('o');
    expect(texts).toEqual(['***', 'v=***&', expect.stringMatching(/^\*\*\*/), 'and no more']);
    expect(texts.join()).not.toContain('unter');
  });

  it('hides each line of a value of several', async () => {
    const key = '-----BEGIN KEY-----\nabcdefghijkl\n-----END KEY-----';
    const { pump, publisher } = await pumpOver({ 'turn-1.out': `${key}\n` }, () => Promise.resolve(maskOf([key])));
    pump.addSegment(AGENT, true);
    await pump.end();
    expect(publisher.texts('o')).toEqual(['***', '***', '***']);
  });
});

/** Lines that begin with a brace are messages; each tells how many there were before it, as readers with a state do. */
function countingReader(): Pick<TurnReader, 'read' | 'isOver' | 'usage'> {
  let before = 0;
  return {
    isOver: false,
    get usage() {
      const count = { inputTokens: before, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 };
      return before === 0 ? [] : [{ model: 'hunter2-model', ...count }];
    },
    read: (line) => {
      if (!line.startsWith('{')) return [];
      const { text } = JSON.parse(line) as { text: string };
      return [{ ...AgentActivity.fromPartial({ kind: AgentActivity_Kind.MESSAGE, text, itemId: String(before++) }) }];
    },
  };
}

describe('the activities of an agent', () => {
  const said = (text: string): string => JSON.stringify({ text });

  async function activityPump(output: string, mask = maskOf([])) {
    const spool = await temporary('spool');
    await writeFile(join(spool, 'turn-2.out'), output);
    const publisher = new MemoryPublisher();
    const open = (): LogPump => {
      const pump = new LogPump({
        ownerId: 'o',
        fence: 1,
        spool,
        mask: () => Promise.resolve(mask),
        activityReader: countingReader,
        publisher,
        logger,
      });
      pump.addSegment(agentSegment(2, 1));
      return pump;
    };
    return { spool, publisher, open };
  }

  it('are numbered with the lines, after the last line that they were read from', async () => {
    const long = said('x'.repeat(40_000));
    const { publisher, open } = await activityPump(`plain\n${said('one')}\n${long}\nplain\n`);
    await open().end();
    const lines = publisher.lines('o');
    const activities = publisher.activities('o');
    expect(lines.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 4, 5, 6, 8]);
    expect(activities.map(({ sequence, lineSequence }) => [sequence, lineSequence])).toEqual([
      ['3', '2'],
      ['7', '6'],
    ]);
    expect(activities.map(({ turn }) => turn)).toEqual([2, 2]);
    expect(activities[1]?.text).toHaveLength(40_000);
  });

  it('are told once by a pump that goes on where another stopped, in the middle of a line too', async () => {
    const whole = said('y'.repeat(100_000));
    const { spool, publisher, open } = await activityPump(`${said('one')}\n${whole.slice(0, 50_000)}`);
    const first = open();
    first.start();
    await publisher.published('o', 4);
    await first.stop();
    await appendFile(join(spool, 'turn-2.out'), `${whole.slice(50_000)}\n${said('three')}\n`);
    await open().end();
    const activities = publisher.activities('o');
    expect(activities.map(({ itemId }) => itemId)).toEqual(['0', '1', '2']);
    expect(activities.map(({ text }) => text.length)).toEqual([3, 100_000, 5]);
    const numbers = [...publisher.lines('o'), ...activities].map(({ sequence }) => Number(sequence));
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
  });

  it('are counted once, by the pump that goes on too, under a name without secrets', async () => {
    const { spool, publisher, open } = await activityPump(`${said('one')}\n`, maskOf(['hunter2-']));
    const first = open();
    expect(first.usage()).toEqual([]);
    first.start();
    await publisher.published('o', 2);
    const counts = { cachedInputTokens: '0', outputTokens: '0', reasoningTokens: '0' };
    const used = (inputTokens: string) => [
      { run: 'turn-2', turn: 2, models: [{ model: '***model', inputTokens, ...counts }] },
    ];
    expect(first.usage()).toEqual(used('1'));
    expect(first.doing()).toBe('says: one');
    await first.stop();
    await appendFile(join(spool, 'turn-2.out'), `${said('two')}\n`);
    const second = open();
    await second.end();
    expect(second.usage()).toEqual(used('2'));
    expect(second.doing()).toBe('says: two');
  });

  it('do not show what a line must not show', async () => {
    const { publisher, open } = await activityPump(
      `${said('the key is "hunter2-hunter2"')}\n`,
      maskOf(['"hunter2-hunter2"']),
    );
    const pump = open();
    await pump.end();
    expect(publisher.activities('o').map(({ text }) => text)).toEqual(['the key is ***']);
    expect(pump.doing()).toBe('says: the key is ***');
  });
});
