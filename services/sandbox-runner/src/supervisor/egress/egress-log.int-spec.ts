import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { EgressLog } from './egress-log.js';

const temporary = useTemporaryDirectories();
const RECORD = {
  phase: 'AGENT',
  time: 1,
  host: 'ä.test',
  port: 443,
  scheme: 'tls',
  verdict: 'ALLOWED',
  bytesSent: 1,
  bytesReceived: 2,
  durationMs: 3,
} as const;

function sequences(path: string): number[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence);
}

describe('the record of requests', () => {
  it('is in the file at once, and is numbered on by the next supervisor', async () => {
    const path = join(await temporary('log'), 'egress.jsonl');
    const log = EgressLog.open(path);
    log.append(RECORD);
    log.append(RECORD);
    // Nobody closes it: this supervisor was killed.
    expect(sequences(path)).toEqual([1, 2]);
    const next = EgressLog.open(path);
    next.append(RECORD);
    expect(sequences(path)).toEqual([1, 2, 3]);
    next.close();
    log.close();
  });

  it('drops a line that was cut, and gives its number to the next', async () => {
    const path = join(await temporary('log'), 'egress.jsonl');
    const log = EgressLog.open(path);
    log.append(RECORD);
    log.close();
    appendFileSync(path, '{"sequence":2,"host":"cu');
    const next = EgressLog.open(path);
    next.append(RECORD);
    next.close();
    expect(sequences(path)).toEqual([1, 2]);
  });

  it('says when it is full, and takes what was under way', async () => {
    const path = join(await temporary('log'), 'egress.jsonl');
    const log = EgressLog.open(path, 2);
    log.append(RECORD);
    expect(log.hasRoom).toBe(true);
    log.append(RECORD);
    expect(log.hasRoom).toBe(false);
    log.append(RECORD);
    log.close();
    expect(sequences(path)).toEqual([1, 2, 3]);
  });
});
