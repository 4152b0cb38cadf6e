import { describe, expect, it } from '@jest/globals';
import { Attempt } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { Wire } from './wire-types.js';

describe('Wire', () => {
  it('describes the canonical JSON of a message', () => {
    const message = Attempt.fromPartial({
      id: 'a1',
      revision: '7',
      createTime: new Date('2026-01-02T03:04:05Z'),
      sandbox: { driver: 'BUBBLEWRAP', provisionDuration: { seconds: '1', nanos: 500_000_000 } },
    });
    const json = toCanonicalJson('heddle.v1.Attempt', Attempt, message) as unknown as Wire<Attempt>;
    const created: string | undefined = json.createTime;
    const took: string | undefined = json.sandbox?.provisionDuration;
    const revision: string = json.revision;
    expect({ created, took, revision }).toEqual({ created: '2026-01-02T03:04:05Z', took: '1.500s', revision: '7' });
    expect(json.exitCode).toBeUndefined();
    expect(json.statusDetail).toBe('');
  });
});
