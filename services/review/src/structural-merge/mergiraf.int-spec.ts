import { chmod } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@heddle/platform/logging';
import { useTemporaryDirectories } from '@heddle/testing';
import type { ReviewConfig } from '../config.js';
import { StructuralDriver } from './structural-driver.js';

const temporary = useTemporaryDirectories();
const program = process.env['HEDDLE_TEST_MERGIRAF'];
const missing =
  ' [skipped: HEDDLE_TEST_MERGIRAF names no mergiraf; "cargo install mergiraf --locked --root DIRECTORY" makes one]';

const CART = 'export class Cart {\n  total(): number {\n    return 0;\n  }\n}\n';
const withMethod = (name: string): string => CART.replace(/\}\n$/, `\n  ${name}(): number {\n    return 1;\n  }\n}\n`);

// Of another license and large: it is neither bundled nor fetched.
const described = program === undefined ? describe.skip : describe;
described(`mergiraf as the structural merge driver${program === undefined ? missing : ''}`, () => {
  let driver: StructuralDriver;
  beforeAll(async () => {
    const directory = await temporary('mergiraf');
    await chmod(directory, 0o755);
    const settings: Partial<ReviewConfig> = {
      HEDDLE_DATA_DIR: directory,
      HEDDLE_STRUCTURAL_MERGE: [program ?? '', 'merge', '--git', '%O', '%A', '%B', '-p', '%P'],
      HEDDLE_STRUCTURAL_MERGE_TIMEOUT: 20,
      HEDDLE_STRUCTURAL_MERGE_MEMORY_BYTES: 1024 ** 3,
      HEDDLE_STRUCTURAL_MERGE_FILE_BYTES: 1024 ** 2,
    };
    driver = new StructuralDriver(settings as ReviewConfig, createLogger('test', 'silent'));
  });

  const merge = async (path: string, ...[base = '', ours = '', theirs = '']: string[]): Promise<string> => {
    const [one, two, three] = [base, ours, theirs].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
    const outcome = await driver.merge(Buffer.from(path), { base: one, ours: two, theirs: three });
    return outcome.kind === 'MERGED' ? outcome.result.toString() : outcome.reason;
  };

  it('tells its version', async () => {
    expect(await driver.describe()).toMatch(/^mergiraf \d+\.\d+/);
  });

  it('merges two methods at one place, and keys of one object', async () => {
    const cart = await merge('src/cart.ts', CART, withMethod('discount'), withMethod('shipping'));
    for (const name of ['total', 'discount', 'shipping']) expect(cart).toContain(`${name}(): number {`);
    const json = await merge('a.json', '{\n "v": 1\n}\n', '{\n "v": 1,\n "a": 2\n}\n', '{\n "v": 1,\n "b": 3\n}\n');
    expect(JSON.parse(json)).toEqual({ v: 1, a: 2, b: 3 });
  });

  it('leaves what it does not merge a conflict', async () => {
    const returning = (value: string): string => CART.replace('return 0', `return ${value}`);
    expect(await merge('src/cart.ts', CART, returning('1'), returning('2'))).toBe('it exited with 1');
    expect(await merge('notes.unknown', 'a\n', 'b\n', 'c\n')).toMatch(/^it exited with /);
  });
});
