import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { useTemporaryDirectories } from '@heddle/testing';

const execute = promisify(execFile);
const temporary = useTemporaryDirectories();

/** Programs that stand for the real ones: they say that they ran, and make what the real ones would. */
const says = (what: string, made: readonly string[]): string => `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
appendFileSync('ran.log', '${what}\\n');
if (process.env.BREAK === '${what}') { console.error('what ${what} has to say'); process.exit(2); }
for (const file of ${JSON.stringify(made)}) { mkdirSync(dirname(file), { recursive: true }); writeFileSync(file, ''); }
`;

const FILES = {
  'package.json': '{"type":"module"}',
  'package-lock.json':
    '{"packages":{"node_modules/a":{"version":"1.0.0"},"node_modules/b":{"version":"1.0.0","optional":true}}}',
  'node_modules/.package-lock.json': '{"packages":{"node_modules/a":{"version":"1.0.0"}}}',
  'node_modules/typescript/package.json': '{"type":"module"}',
  'tsconfig.json': '{"references":[{"path":"libs/contracts"}]}',
  'proto/a.proto': 'one',
  'libs/contracts/src/a.ts': 'one',
  'libs/contracts/scripts/generate.mjs': says('generate', [
    'libs/contracts/src/generated/public.ts',
    'libs/contracts/dist/descriptors.binpb',
  ]),
  'libs/workflows/scripts/bundle.mjs': says('bundle', ['libs/workflows/dist/workflow-bundle.js']),
  'node_modules/typescript/bin/tsc': says('tsc', ['libs/contracts/dist/.tsbuildinfo']),
};

class Checkout {
  private constructor(private readonly root: string) {}

  static async make(): Promise<Checkout> {
    const root = await temporary('checkout');
    await cp('deploy/local/bootstrap.mjs', join(root, 'deploy/local/bootstrap.mjs'));
    await cp('deploy/local/bootstrap', join(root, 'deploy/local/bootstrap'), { recursive: true });
    const checkout = new Checkout(root);
    for (const [file, text] of Object.entries(FILES)) await checkout.write(file, text);
    return checkout;
  }

  async write(file: string, text: string): Promise<void> {
    const path = join(this.root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    // Two writes of one test may fall into one tick of the file system's clock.
    const later = new Date(Date.now() + Math.random() * 1e6);
    await utimes(path, later, later);
  }

  remove(file: string): Promise<void> {
    return rm(join(this.root, file), { recursive: true });
  }

  /** What ran since the last call, and what was said. */
  async build(env: NodeJS.ProcessEnv = {}): Promise<{ code: number; ran: string[]; said: string }> {
    const { NODE_OPTIONS: _ours, ...inherited } = process.env;
    await writeFile(join(this.root, 'ran.log'), '');
    const result = await this.bootstrap({ ...inherited, ...env });
    return { ...result, ran: await this.ran() };
  }

  private async bootstrap(env: NodeJS.ProcessEnv): Promise<{ code: number; said: string }> {
    try {
      const { stdout, stderr } = await execute(process.execPath, ['deploy/local/bootstrap.mjs', 'build'], {
        cwd: this.root,
        env,
      });
      return { code: 0, said: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, said: stdout + stderr };
    }
  }

  async ran(): Promise<string[]> {
    return (await readFile(join(this.root, 'ran.log'), 'utf8')).split('\n').filter((line) => line !== '');
  }
}

describe('the set-up that every command does', () => {
  it('does everything once, says each step, and then nothing', async () => {
    const checkout = await Checkout.make();
    const first = await checkout.build();
    expect(first).toMatchObject({ code: 0, ran: ['generate', 'tsc', 'bundle'] });
    expect(first.said).toMatch(/✓ code generated[^]*✓ compiled[^]*✓ workflows bundled/);
    expect(await checkout.build()).toEqual({ code: 0, ran: [], said: '' });
  });

  it('does what a change asks for, and no more', async () => {
    const checkout = await Checkout.make();
    await checkout.build();
    await checkout.write('tests/src/a.ts', 'two');
    expect((await checkout.build()).ran).toEqual(['tsc']);
    await checkout.write('libs/contracts/src/a.ts', 'two');
    expect((await checkout.build()).ran).toEqual(['tsc', 'bundle']);
    await checkout.write('proto/a.proto', 'two');
    expect((await checkout.build()).ran).toEqual(['generate', 'tsc', 'bundle']);
  });

  it('makes again what somebody removed', async () => {
    const checkout = await Checkout.make();
    await checkout.build();
    await checkout.remove('libs/workflows/dist');
    expect((await checkout.build()).ran).toEqual(['tsc', 'bundle']);
    await checkout.remove('libs/contracts/dist');
    expect((await checkout.build()).ran).toEqual(['generate', 'tsc']);
  });

  it('builds once when several commands start together', async () => {
    const checkout = await Checkout.make();
    const outcomes = await Promise.all([checkout.build(), checkout.build(), checkout.build()]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect((await checkout.ran()).filter((step) => step === 'tsc')).toHaveLength(1);
  });

  it('ends with what the failing step said, and tries it again at the next call', async () => {
    const checkout = await Checkout.make();
    const failed = await checkout.build({ BREAK: 'tsc' });
    expect(failed).toMatchObject({ code: 1, ran: ['generate', 'tsc'] });
    expect(failed.said).toMatch(/✗ compiled[^]*what tsc has to say/);
    expect((await checkout.build()).ran).toEqual(['tsc', 'bundle']);
  });

  it('names the git that it needs', async () => {
    const checkout = await Checkout.make();
    const bin = await temporary('bin');
    await writeFile(join(bin, 'git'), '#!/bin/sh\necho git version 2.30.2\n', { mode: 0o755 });
    const { code, said } = await checkout.build({ PATH: `${bin}:${process.env['PATH'] ?? ''}` });
    expect(code).toBe(1);
    expect(said).toContain('Heddle needs git 2.39 or newer; this is git version 2.30.2');
  });
});
