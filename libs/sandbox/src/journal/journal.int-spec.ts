import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { Journal } from './journal.js';

const temporary = useTemporaryDirectories();

describe('the file of a journal', () => {
  it('keeps what follows a line that a full disk cut', async () => {
    const journal = new Journal(join(await temporary('journal'), 'state'));
    await journal.append({ type: 'released' });
    await appendFile(journal.path, '{"type":"phase","pha');
    await journal.append({ type: 'log-ended' }, { type: 'destroyed', box: 'b' });
    expect((await journal.read()).map(({ type }) => type)).toEqual(['released', 'log-ended', 'destroyed']);
  });

  it('is empty where there is none, or only a cut line', async () => {
    const journal = new Journal(join(await temporary('journal'), 'state'));
    expect(await journal.read()).toEqual([]);
    await writeFile(journal.path, '{"ty');
    expect(await journal.read()).toEqual([]);
  });
});
