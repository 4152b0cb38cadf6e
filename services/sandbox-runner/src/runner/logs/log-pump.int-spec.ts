import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LogLine_Phase } from '@heddle/contracts';
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
