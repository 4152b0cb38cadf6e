import { describe, expect, it } from '@jest/globals';
import { decode, encode, type RecordType } from 'dns-packet';
import fc from 'fast-check';
import { answerQuery, type Answer } from './answer-query.js';

const find = async (name: string): Promise<Answer> => {
  if (name === 'listed.example') return { address: '127.88.1.1' };
  return name === 'full.example' ? 'FAILED' : 'NOT_FOUND';
};

async function ask(name: string, type: RecordType): Promise<{ rcode: string; answers: unknown[] }> {
  const answer = await answerQuery(encode({ type: 'query', id: 7, questions: [{ type, name }] }), find);
  const decoded = decode(answer!) as unknown as { id: number; rcode: string; answers: unknown[] };
  expect(decoded.id).toBe(7);
  return decoded;
}

describe('answerQuery', () => {
  it('knows the address of a name of the list', async () => {
    const { rcode, answers } = await ask('listed.example', 'A');
    expect({ rcode, answers }).toMatchObject({ rcode: 'NOERROR', answers: [{ type: 'A', data: '127.88.1.1' }] });
  });

  it.each<RecordType>(['AAAA', 'TXT', 'HTTPS' as RecordType])('has nothing of the kind %s for it', async (type) => {
    expect(await ask('listed.example', type)).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('denies every other name', async () => {
    expect(await ask('other.example', 'A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    expect(await ask('secret-data.listed.example', 'TXT')).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('says so when it can give out no address', async () => {
    expect(await ask('full.example', 'A')).toMatchObject({ rcode: 'SERVFAIL' });
  });

  it('does not answer answers, and never throws', async () => {
    expect(await answerQuery(encode({ type: 'response', id: 1 }), find)).toBeUndefined();
    const query = encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'listed.example' }] });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 40 }), async (bytes, kept) => {
        await answerQuery(Buffer.concat([query.subarray(0, kept), bytes]), find);
      }),
      { numRuns: 1000 },
    );
  });
});
