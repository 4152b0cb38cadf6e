import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { echoPatterns } from './echo-patterns.js';
import { EchoScanner } from './echo-scanner.js';

const SECRET = 'sk-live+Ab/9"ü secret';

/** What comes out when the text is written in chunks that end at these places. */
async function scan(text: Buffer, cuts: readonly number[] = []): Promise<{ out: Buffer; reason: unknown }> {
  const scanner = new EchoScanner(echoPatterns(SECRET));
  const out: Buffer[] = [];
  const ended = new Promise<unknown>((resolve) => {
    scanner.on('error', (error) => resolve('reason' in error ? error.reason : error));
    scanner.on('end', () => resolve(undefined));
  });
  scanner.on('data', (chunk: Buffer) => out.push(chunk));
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  let at = 0;
  for (const end of [...ends, text.length]) {
    scanner.write(text.subarray(at, end));
    at = end;
  }
  scanner.end();
  return { reason: await ended, out: Buffer.concat(out) };
}

describe('EchoScanner', () => {
  const spellings: Record<string, (noise: string) => string> = {
    raw: () => SECRET,
    base64: (noise) => Buffer.from(`${noise}${SECRET}${noise}`).toString('base64'),
    base64url: (noise) => Buffer.from(`${noise}${SECRET}${noise}`).toString('base64url'),
    'URL-encoded': () => encodeURIComponent(SECRET),
    hexadecimal: () => Buffer.from(SECRET).toString('hex'),
    JSON: () => JSON.stringify({ key: SECRET }),
  };

  it.each(Object.entries(spellings))('finds it %s, however it is cut and aligned', async (_, spell) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), fc.string({ maxLength: 7 }), async (cuts, noise) => {
        const { out, reason } = await scan(Buffer.from(`before ${spell(noise)} after`), cuts);
        expect(reason).toBe('CREDENTIAL_ECHOED');
        expect(out.toString()).not.toContain(SECRET);
        expect(out.toString()).not.toContain('after');
      }),
      { numRuns: 200 },
    );
  });

  it('changes nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        async (bytes, cuts) => {
          expect(await scan(Buffer.from(bytes), cuts)).toEqual({ out: Buffer.from(bytes), reason: undefined });
        },
      ),
    );
    const beginning = Buffer.from(SECRET.slice(0, -1));
    expect(await scan(beginning, [3, 9])).toEqual({ out: beginning, reason: undefined });
  });

  it('holds back only what may be the beginning of it', () => {
    const scanner = new EchoScanner(echoPatterns(SECRET));
    scanner.write('data: event\n\n');
    expect(String(scanner.read())).toBe('data: event\n\n');
    scanner.write(`data: ${SECRET.slice(0, 5)}`);
    expect(String(scanner.read())).toBe('data: ');
    scanner.write(' other');
    expect(String(scanner.read())).toBe(`${SECRET.slice(0, 5)} other`);
  });
});
