import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { address, count, list, port, secret, url } from './fields.js';
import { ConfigError, loadConfig } from './load-config.js';

const shape = {
  A_PORT: port(),
  A_URL: url('postgres', 'postgresql'),
  A_TOKEN: secret(),
  A_PEER: address(),
  A_LIST: list().optional(),
  A_COUNT: count(1).default(4),
};
const good = { A_PORT: '0', A_URL: 'postgres://localhost/x', A_TOKEN: 'hush', A_PEER: '[::1]:80' };

describe('loadConfig', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'heddle-config-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
    try {
      loadConfig(shape, env);
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  }

  it('parses what is there and fills in defaults', () => {
    expect(loadConfig(shape, { ...good, A_LIST: 'a, b,,c ' })).toEqual({
      A_PORT: 0,
      A_URL: good.A_URL,
      A_TOKEN: 'hush',
      A_PEER: '[::1]:80',
      A_LIST: ['a', 'b', 'c'],
      A_COUNT: 4,
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(loadConfig(shape, { ...good, A_COUNT: '', A_LIST: '' }).A_COUNT).toBe(4);
  });

  it('reads a value from the file that X_FILE names', () => {
    const file = join(dir, 'token');
    writeFileSync(file, 'from file\n');
    expect(loadConfig(shape, { ...good, A_TOKEN: undefined, A_TOKEN_FILE: file }).A_TOKEN).toBe('from file');
  });

  it('names all faults at once and never a value', () => {
    const faults = faultsOf({ A_PORT: '70000', A_URL: 'mysql://secret@host/', A_PEER: 'nonsense-value', A_COUNT: '0' });
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual([
      'A_COUNT',
      'A_PEER',
      'A_PORT',
      'A_TOKEN',
      'A_URL',
    ]);
    expect(faults.join()).not.toMatch(/secret|nonsense|70000/);
    expect(faults).toContain('A_TOKEN is required');
    expect(faults).toContain('A_URL must be a URL that starts with postgres:// or postgresql://');
  });

  it('says which of two places is too many, and which file is missing', () => {
    expect(faultsOf({ ...good, A_TOKEN_FILE: join(dir, 'token') })).toEqual([
      'A_TOKEN is set twice: give A_TOKEN or A_TOKEN_FILE, not both',
    ]);
    expect(faultsOf({ ...good, A_TOKEN: undefined, A_TOKEN_FILE: join(dir, 'none') })).toEqual([
      'A_TOKEN cannot be read from the file of A_TOKEN_FILE (ENOENT)',
    ]);
  });
});
