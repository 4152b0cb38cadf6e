import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runGit } from '../process/run-git.js';
import { lookUp } from '../refs/read-refs.js';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { createPack } from './create-pack.js';
import { takePack } from './pack-intake.js';
import { scanPack } from './pack-scan.js';

describe('packs between two stores', () => {
  let source: SampleRepository;
  let target: SampleRepository;
  let base: string;
  beforeEach(async () => {
    source = await SampleRepository.create();
    target = await SampleRepository.create();
    base = await source.commit(
      [],
      [
        ['f', randomBytes(20_000).toString('hex')],
        ['g', 'x\n'],
      ],
    );
    await carry([base], [], base);
  });
  afterEach(async () => {
    await source.dispose();
    await target.dispose();
  });

  async function packed(wants: string[], haves: string[]): Promise<Buffer> {
    const { stream, done } = await createPack({ gitDir: source.gitDir, wants, haves });
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    await done;
    return Buffer.concat(chunks);
  }

  async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 7_000) yield await Promise.resolve(bytes.subarray(at, at + 7_000));
  }

  async function carry(wants: string[], haves: string[], commit: string, bounds = {}): Promise<void> {
    await takePack({ store: target.gitDir, pack: inPieces(await packed(wants, haves)), commit, bounds });
  }

  async function leftovers(): Promise<string[]> {
    return readdir(join(target.gitDir, 'objects', 'heddle-incoming'));
  }

  it('carries a thin pack against a base that the other side has, twice without harm', async () => {
    const text = await source.show(base, 'f');
    const head = await source.commit(
      [base],
      [
        ['f', `${text}one more line\n`],
        ['big', randomBytes(600_000).toString('latin1')],
      ],
    );
    expect((await packed([head], [base, '0'.repeat(39) + '1'])).length).toBeLessThan((await packed([head], [])).length);
    await carry([head], [base], head);
    await carry([head], [base], head);
    expect(await target.show(head, 'f')).toBe(`${text}one more line\n`);
    await runGit(['fsck', '--strict', '--no-dangling'], { gitDir: target.gitDir });
    expect(await leftovers()).toEqual([]);
  });

  it.each([
    ['more objects than allowed', { maxObjects: 1 }, 'PACK_REFUSED'],
    ['more inflated bytes than allowed', { maxInflatedBytes: 1000 }, 'PACK_REFUSED'],
    ['more bytes than allowed', { maxPackBytes: 100 }, 'REQUEST_TOO_LARGE'],
  ])('refuses %s and keeps nothing', async (_, bounds, reason) => {
    const head = await source.commit([base], [['h', 'y'.repeat(5_000)]]);
    await expect(carry([head], [base], head, bounds)).rejects.toMatchObject({ reason });
    expect(await lookUp({ gitDir: target.gitDir }, [head])).toEqual([undefined]);
    expect(await leftovers()).toEqual([]);
  });

  it('refuses a pack that lacks an object, is cut, is damaged, or is none', async () => {
    const middle = await source.commit([base], [['only-here', 'gone\n']]);
    const head = await source.commit([middle], [['h', 'z\n']]);
    await expect(carry([head], [middle], head)).rejects.toMatchObject({ reason: 'PACK_REFUSED' });
    const walked = takePack({
      store: target.gitDir,
      pack: inPieces(await packed([head], [middle])),
      commit: head,
      bases: [base],
    });
    await expect(walked).rejects.toMatchObject({ reason: 'PACK_REFUSED' });
    const whole = await packed([head], [base]);
    const damaged = Buffer.from(whole);
    damaged[40] = (damaged[40] ?? 0) ^ 0xff;
    for (const bytes of [whole.subarray(0, whole.length - 30), damaged, Buffer.from('not a pack'), Buffer.alloc(0)]) {
      await expect(takePack({ store: target.gitDir, pack: inPieces(bytes), commit: head })).rejects.toMatchObject({
        reason: 'PACK_REFUSED',
      });
    }
  });

  it('refuses what fsck refuses: a .git look-alike and a .gitmodules that is a symlink', async () => {
    const tree = await treeWith([['40000', '.GIT', await emptyTreeId()]]);
    const link = await treeWith([['120000', '.gitmodules', await blob('x')]]);
    for (const id of [tree, link]) {
      const head = (
        await runGit(['hash-object', '-t', 'commit', '-w', '--stdin'], {
          gitDir: source.gitDir,
          input: `tree ${id}\nparent ${base}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n`,
        })
      ).stdout
        .toString()
        .trim();
      await expect(carry([head], [base], head)).rejects.toMatchObject({ reason: 'PACK_REFUSED' });
    }
  });

  it('lets an inspection keep objects out', async () => {
    const head = await source.commit([base], [['h', 'z\n']]);
    const refused = takePack({
      store: target.gitDir,
      pack: inPieces(await packed([head], [base])),
      commit: head,
      inspect: (commit) => {
        expect(commit).toMatch(new RegExp(`^tree [0-9a-f]{40}\nparent ${base}\n`));
        throw new Error('no');
      },
    });
    await expect(refused).rejects.toThrow('no');
    expect(await lookUp({ gitDir: target.gitDir }, [head])).toEqual([undefined]);
  });

  it('reads many small objects, and one whose deflated form is longer than it need be, without losing its place', async () => {
    const header = Buffer.alloc(12);
    header.write('PACK', 0, 'latin1');
    header.writeUInt32BE(2, 4);
    const entries = Array.from({ length: 3_000 }, (_, index) => {
      const size = 16 + (index % 500);
      const bytes = index === 1_500 ? stretched(Buffer.alloc(size)) : deflateSync(randomBytes(size));
      return { size, bytes: Buffer.concat([Buffer.of((3 << 4) | 0x80 | (size & 15), size >> 4), bytes]) };
    });
    header.writeUInt32BE(entries.length, 8);
    const path = join(target.root, 'many.pack');
    await writeFile(path, Buffer.concat([header, ...entries.map((entry) => entry.bytes), Buffer.alloc(20)]));
    await expect(scanPack(path, 20, { maxObjects: 10_000, maxInflatedBytes: 2 ** 30 })).resolves.toEqual({
      objects: entries.length,
      inflatedBytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    });
  });

  it('counts what a delta builds, not what it takes', async () => {
    const delta = Buffer.from([0x05, 0x80, 0x80, 0x80, 0x80, 0x10, 0x90]);
    const entry = Buffer.concat([Buffer.of((7 << 4) | delta.length), Buffer.alloc(20, 1), deflateSync(delta)]);
    const header = Buffer.alloc(12);
    header.write('PACK', 0, 'latin1');
    header.writeUInt32BE(2, 4);
    header.writeUInt32BE(1, 8);
    const path = join(target.root, 'bomb.pack');
    await writeFile(path, Buffer.concat([header, entry, Buffer.alloc(20)]));
    await expect(scanPack(path, 20, { maxObjects: 10, maxInflatedBytes: 2 ** 31 })).rejects.toThrow(
      'inflates to more than',
    );
    await expect(scanPack(path, 20, { maxObjects: 10, maxInflatedBytes: 2 ** 33 })).resolves.toEqual({
      objects: 1,
      inflatedBytes: 2 ** 32,
    });
  });

  async function emptyTreeId(): Promise<string> {
    return (await runGit(['hash-object', '-t', 'tree', '-w', '--stdin'], { gitDir: source.gitDir, input: '' })).stdout
      .toString()
      .trim();
  }
  async function blob(text: string): Promise<string> {
    return (await runGit(['hash-object', '-w', '--stdin'], { gitDir: source.gitDir, input: text })).stdout
      .toString()
      .trim();
  }
  async function treeWith(entries: (readonly [string, string, string])[]): Promise<string> {
    const body = Buffer.concat(
      entries.map(([mode, name, id]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])),
    );
    return (
      await runGit(['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
        gitDir: source.gitDir,
        input: body,
      })
    ).stdout
      .toString()
      .trim();
  }
});

/** Deflated with empty blocks in front, more than any reader would look ahead. */
function stretched(bytes: Buffer): Buffer {
  const [head, body] = [deflateSync(bytes).subarray(0, 2), deflateSync(bytes).subarray(2)];
  return Buffer.concat([head, ...Array<Buffer>(100_000).fill(Buffer.of(0, 0, 0, 0xff, 0xff)), body]);
}
