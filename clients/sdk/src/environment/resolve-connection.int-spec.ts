import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dataDirectory } from './data-directory.js';
import { resolveConnection } from './resolve-connection.js';

describe('resolveConnection', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'heddle-sdk-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  const runFile = (content: unknown): Promise<void> => writeFile(join(directory, 'run.json'), JSON.stringify(content));

  it('takes address and token from the environment', async () => {
    const env = { HEDDLE_URL: 'https://heddle.example.com/', HEDDLE_TOKEN: 't', HEDDLE_DATA_DIR: directory };
    expect(await resolveConnection(env)).toEqual({ url: 'https://heddle.example.com', token: 't' });
  });

  it('finds the platform of this machine by its run.json', async () => {
    await runFile({ url: 'http://127.0.0.1:7470', adminToken: 'secret', processes: [] });
    expect(await resolveConnection({ HEDDLE_DATA_DIR: directory })).toEqual({
      url: 'http://127.0.0.1:7470',
      token: 'secret',
    });
  });

  it('prefers a token that was given', async () => {
    await runFile({ url: 'http://127.0.0.1:7470', adminToken: 'secret' });
    expect(await resolveConnection({ HEDDLE_DATA_DIR: directory, HEDDLE_TOKEN: 'mine' })).toMatchObject({
      token: 'mine',
    });
  });

  it('never sends the local token to another server', async () => {
    await runFile({ url: 'http://127.0.0.1:7470', adminToken: 'secret' });
    const env = { HEDDLE_URL: 'https://elsewhere.example.com', HEDDLE_DATA_DIR: directory };
    expect(await resolveConnection(env)).toEqual({ url: 'https://elsewhere.example.com', token: undefined });
  });

  it('says how to get a server where there is none', async () => {
    await expect(resolveConnection({ HEDDLE_DATA_DIR: directory })).rejects.toMatchObject({
      reason: 'SERVER_UNKNOWN',
      message: expect.stringContaining('npm start'),
    });
  });

  it.each(['ftp://x', 'localhost:7470', 'not an address'])('refuses the address %s', async (url) => {
    await expect(resolveConnection({ HEDDLE_URL: url, HEDDLE_TOKEN: 't' })).rejects.toMatchObject({
      reason: 'URL_INVALID',
    });
  });

  it('says that a run.json is broken', async () => {
    await runFile({ url: 7 });
    await expect(resolveConnection({ HEDDLE_DATA_DIR: directory })).rejects.toMatchObject({
      reason: 'RUN_FILE_INVALID',
    });
  });
});

describe('dataDirectory', () => {
  it('is the configured one, else the system one for root, else the XDG one', () => {
    expect(dataDirectory({ HEDDLE_DATA_DIR: '/srv/heddle' }, 0)).toBe('/srv/heddle');
    expect(dataDirectory({}, 0)).toBe('/var/lib/heddle');
    expect(dataDirectory({ XDG_DATA_HOME: '/xdg' }, 1000)).toBe('/xdg/heddle');
  });
});
