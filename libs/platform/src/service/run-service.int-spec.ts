import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GitStoreServiceClient } from '@heddle/contracts/internal';
import { createGrpcClient } from '../grpc/client/create-grpc-client.js';

const PROGRAM = fileURLToPath(new URL('../../dist/spec-support/sample-service.js', import.meta.url));

class Sample {
  output = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [PROGRAM], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.child.stderr?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('runService', () => {
  let sample: Sample | undefined;

  afterEach(async () => {
    sample?.kill('SIGKILL');
    await sample?.ended;
  });

  async function start(env: Record<string, string> = {}) {
    sample = new Sample({ SAMPLE_TOKEN: 'token', SAMPLE_PORT: '0', ...env });
    const [, healthPort, grpcPort] = await sample.says(/PORTS (\d+) (\d+)/);
    const calls = createGrpcClient(GitStoreServiceClient, `127.0.0.1:${grpcPort}`, { internalToken: 'token' });
    return { sample, healthPort, calls };
  }

  it('serves, tells its health, and ends in order with what is in flight', async () => {
    const { sample, healthPort, calls } = await start();
    expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200);
    const inFlight = calls.resolveCommit({ repositoryId: 'r', ref: '300' });
    await sample.says(/CALLED/);
    sample.kill('SIGTERM');
    await expect(inFlight).resolves.toMatchObject({ commit: 'c' });
    expect(await sample.ended).toBe(0);
    expect(sample.output).toMatch(/BEFORE\nAFTER/);
    calls.close();
  });

  it('cuts calls that outlast the time of grace', async () => {
    const { sample, calls } = await start({ SAMPLE_GRACE_MS: '50' });
    const endless = calls.resolveCommit({ repositoryId: 'r', ref: '60000' }, { deadlineMs: 60_000 });
    await sample.says(/CALLED/);
    sample.kill('SIGINT');
    await expect(endless).rejects.toMatchObject({ name: 'HeddleError' });
    expect(await sample.ended).toBe(0);
    calls.close();
  });

  it('names all wrong settings and ends with 2', async () => {
    sample = new Sample({ SAMPLE_PORT: 'many' });
    expect(await sample.ended).toBe(2);
    expect(sample.output).toContain('SAMPLE_TOKEN is required');
    expect(sample.output).toContain('SAMPLE_PORT');
    expect(sample.output).not.toContain('    at ');
  });

  it('ends with 1 when its port is taken', async () => {
    const { sample: first } = await start();
    const [, , grpcPort] = await first.says(/PORTS (\d+) (\d+)/);
    const second = new Sample({ SAMPLE_TOKEN: 'token', SAMPLE_PORT: String(grpcPort) });
    expect(await second.ended).toBe(1);
    expect(second.output).toContain('EADDRINUSE');
  });
});
