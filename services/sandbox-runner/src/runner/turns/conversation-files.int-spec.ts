import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { conversationFiles } from './conversation-files.js';

const run = promisify(execFile);
const temporary = useTemporaryDirectories();

describe('files of a conversation in a home that an agent made', () => {
  let home: string;
  let outside: string;

  beforeEach(async () => {
    const directory = await temporary('conversation');
    home = join(directory, 'home');
    outside = join(directory, 'outside');
    await mkdir(home);
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'of the host');
  });

  const put = async (path: string, text = 'x'): Promise<void> => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  };
  const names = async (places: readonly string[]): Promise<string | string[]> => {
    const found = await conversationFiles(home, places, { maxBytes: 100, maxFiles: 5 });
    return found === 'TOO_LARGE' ? found : found.map(({ path }) => path);
  };

  it('are the regular files below its places, and nothing else of the home', async () => {
    await put('.a/sessions/2026/one.jsonl');
    await put('.a/state.db');
    await put('.a/auth.json');
    expect(await names(['.a/sessions', '.a/state.db', '.a/missing'])).toEqual([
      '.a/sessions/2026/one.jsonl',
      '.a/state.db',
    ]);
  });

  it('are reached through no link, wherever it is', async () => {
    await put('.a/sessions/one');
    await symlink(join(outside, 'secret'), join(home, '.a/sessions/link'));
    await symlink(outside, join(home, '.a/sessions/directory'));
    await symlink(outside, join(home, '.b'));
    await symlink(outside, join(home, '.a/place'));
    await run('mkfifo', [join(home, '.a/sessions/fifo')]);
    expect(await names(['.a/sessions', '.a/place', '.b/secret', '.b'])).toEqual(['.a/sessions/one']);
  });

  it('leave out names that git would read', async () => {
    for (const name of ['.gitattributes', '.git/config', 'git~1', 'a\\b', 'fine']) await put(`s/${name}`);
    expect(await names(['s'])).toEqual(['s/fine']);
  });

  it('are none where there is more than the bounds allow', async () => {
    await put('s/large', 'x'.repeat(101));
    expect(await names(['s'])).toBe('TOO_LARGE');
    for (let n = 0; n < 6; n++) await put(`t/${String(n)}`);
    expect(await names(['t'])).toBe('TOO_LARGE');
  });
});
