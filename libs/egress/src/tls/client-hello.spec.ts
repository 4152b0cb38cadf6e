import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { parseClientHello } from './client-hello.js';

/** What OpenSSL says first. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        done();
        resolve(chunk);
      },
    });
    connect({ socket: wire, ...(servername !== undefined && { servername }), ALPNProtocols: ['h2'] }).on(
      'error',
      () => undefined,
    );
  });
}

/** The same handshake message, in records of other sizes. */
function inRecords(hello: Buffer, sizes: readonly number[]): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0, index = 0; at < message.length; index += 1) {
    const fragment = message.subarray(at, at + (sizes[index % sizes.length] ?? 1));
    records.push(Buffer.from([0x16, 3, 1, fragment.length >> 8, fragment.length & 0xff]), fragment);
    at += fragment.length;
  }
  return Buffer.concat(records);
}

/** With another extension at the end; lengths are made to fit. */
function withExtension(hello: Buffer, type: number, data: Buffer): Buffer {
  const extension = Buffer.concat([Buffer.from([type >> 8, type & 0xff, data.length >> 8, data.length & 0xff]), data]);
  const result = Buffer.concat([hello, extension]);
  const sessionId = 5 + 4 + 2 + 32;
  const ciphers = sessionId + 1 + (hello[sessionId] ?? 0);
  const compression = ciphers + 2 + hello.readUInt16BE(ciphers);
  const extensions = compression + 1 + (hello[compression] ?? 0);
  result.writeUInt16BE(hello.readUInt16BE(3) + extension.length, 3);
  result.writeUIntBE(hello.readUIntBE(6, 3) + extension.length, 6, 3);
  result.writeUInt16BE(hello.readUInt16BE(extensions) + extension.length, extensions);
  return result;
}

describe('parseClientHello', () => {
  let hello: Buffer;
  const complete = { state: 'COMPLETE', hello: { serverName: 'host.example', isEncrypted: false } };

  beforeAll(async () => {
    hello = await helloOf('host.example');
  });

  it('reads the name of a real one', () => expect(parseClientHello(hello)).toEqual(complete));

  it('reads one without a name', async () => {
    expect(parseClientHello(await helloOf(undefined))).toMatchObject({ hello: { serverName: undefined } });
  });

  it('waits for the rest of every beginning', () => {
    for (let length = 0; length < hello.length; length += 1)
      expect(parseClientHello(hello.subarray(0, length))).toEqual({ state: 'INCOMPLETE' });
  });

  it('does not mind how it is spread over records', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        expect(parseClientHello(inRecords(hello, sizes))).toEqual(complete);
      }),
    );
  });

  it('sees that the name which counts is hidden', () => {
    for (const type of [0xfe0d, 0xffce])
      expect(parseClientHello(withExtension(hello, type, Buffer.alloc(4)))).toMatchObject({
        hello: { serverName: 'host.example', isEncrypted: true },
      });
  });

  it('refuses a second name', () => {
    const name = Buffer.from('evil.example');
    const list = Buffer.concat([Buffer.from([0, name.length + 3, 0, 0, name.length]), name]);
    expect(parseClientHello(withExtension(hello, 0, list))).toEqual({ state: 'INVALID' });
  });

  it('refuses empty records, which could go on for ever, and messages without end', () => {
    expect(parseClientHello(Buffer.from([0x16, 3, 1, 0, 0]))).toEqual({ state: 'INVALID' });
    expect(parseClientHello(Buffer.from([0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]))).toEqual({ state: 'INVALID' });
    expect(parseClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toEqual({ state: 'INVALID' });
  });

  it('never throws, whatever is changed in one', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(), (changes, cut) => {
        const bytes = Buffer.from(hello);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        expect(['COMPLETE', 'INCOMPLETE', 'INVALID']).toContain(
          parseClientHello(bytes.subarray(0, cut % (bytes.length + 1))).state,
        );
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void parseClientHello(Buffer.from(bytes))));
  });
});
