import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { HostFacts } from './abuse.js';

/** Things of the host that a sandbox must not reach, really there while the suite runs. */
export class HostBait {
  private constructor(
    readonly facts: HostFacts,
    private readonly servers: readonly Server[],
    private readonly process: ChildProcess,
    private readonly sharedMemory: string,
  ) {}

  static async lay(directory: string, dataDirectory: string): Promise<HostBait> {
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o755);
    const secretPath = join(directory, 'host-secret');
    await writeFile(secretPath, randomUUID(), { mode: 0o644 });
    const abstractSocket = `heddle-conformance-${randomUUID()}`;
    const tcp = createServer();
    const abstract = createServer();
    await listening(tcp, 0);
    await listening(abstract, `\0${abstractSocket}`);
    const address = tcp.address();
    const loopbackPort = typeof address === 'object' && address !== null ? address.port : 0;
    const child = spawn('sleep', ['1000000'], { stdio: 'ignore' });
    const [sharedMemory = ''] =
      /\d+$/.exec(execFileSync('ipcmk', ['-M', '4096', '-p', '0666']).toString().trim()) ?? [];
    const hostPid = child.pid ?? 0;
    const facts = { secretPath, hostPid, loopbackPort, abstractSocket, dataDirectory, hostName: hostname() };
    return new HostBait(facts, [tcp, abstract], child, sharedMemory);
  }

  take(): void {
    for (const server of this.servers) server.close();
    this.process.kill('SIGKILL');
    execFileSync('ipcrm', ['-m', this.sharedMemory]);
  }
}

function listening(server: Server, at: number | string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (typeof at === 'number') server.listen(at, '127.0.0.1', resolve);
    else server.listen(at, resolve);
  });
}
