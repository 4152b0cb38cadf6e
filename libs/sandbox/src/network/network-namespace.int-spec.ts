import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readlinkSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { openDriver } from '../drivers/open-driver.js';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';
import { enterNetwork } from '../native/network.js';
import { runInBox, type BoxRun } from '../testing/run-in-box.js';
import { NamespaceSockets } from './namespace-sockets.js';
import { NetworkNamespace } from './network-namespace.js';

const isRoot = process.getuid?.() === 0;
const UID = 201_235;
const here = (): string => readlinkSync('/proc/thread-self/ns/net');
const home = here();

(isRoot ? describe : describe.skip)('a network namespace', () => {
  let namespace: NetworkNamespace;
  let driver: SandboxDriver;
  let directory = '';
  let base = '';
  /** On the host's own loopback. */
  let outside: Server;
  let abstract: Server;
  const abstractName = `\0heddle-network-${String(process.pid)}`;

  beforeAll(async () => {
    namespace = NetworkNamespace.create();
    directory = await temporary('network');
    base = join(directory, 'base');
    await mkdir(base);
    await writeFile(join(base, 'file'), 'base\n');
    for (const path of [base, join(base, 'file')]) await chown(path, UID, UID);
    driver = await openDriver({ mode: '', directory });
    outside = createServer((socket) => socket.end('outside'));
    await listening(outside, { host: '127.0.0.1', port: 0 });
    abstract = createServer((socket) => socket.end('outside'));
    await listening(abstract, { path: abstractName });
  });

  afterAll(async () => {
    namespace.close();
    outside.close();
    abstract.close();
    await driver.close();
  });

  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const inside = (script: string, files: Record<string, string> = {}): Promise<BoxRun> =>
    runInBox(driver, directory, base, UID, script, {}, { namespace, files, environment: { FROM_NETWORK: 'yes' } });
  const holds = async (script: string): Promise<void> => {
    const { exitCode, stderr } = await inside(script);
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  };

  it('is left again, with what was opened in it staying there', async () => {
    const server = createServer((socket) => socket.end('served from without'));
    await listening(server, { fd: new NamespaceSockets(namespace).listenTcp('127.0.0.1', 443) });
    const answers = createSocket('udp4');
    answers.on('message', (message, from) => {
      answers.send(`${message.toString()} heard`, from.port, from.address);
    });
    await new Promise<void>((resolve) => {
      answers.bind({ fd: new NamespaceSockets(namespace).bindUdp('127.0.0.1', 53) }, resolve);
    });
    expect(here()).toBe(home);
    expect(namespace.isOwn()).toBe(false);
    const ask = 'exec 3<>/dev/udp/127.0.0.1/53; printf question >&3; timeout 10 head -c 14 <&3';
    const run = await inside(`cat </dev/tcp/127.0.0.1/443; echo; ${ask}; echo; echo $FROM_NETWORK`);
    expect(run.stdout).toBe('served from without\nquestion heard\nyes\n');
    server.close();
    answers.close();
  });

  it('says that a port is taken', () => {
    const sockets = new NamespaceSockets(namespace);
    const fd = sockets.listenTcp('127.0.0.2', 80);
    expect(() => sockets.listenTcp('127.0.0.2', 80)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    closeSync(fd);
  });

  it('is left again whatever fails in it, or on the way into it', () => {
    const sockets = new NamespaceSockets(namespace);
    expect(() =>
      namespace.run(() => {
        throw new Error('in the middle');
      }),
    ).toThrow('in the middle');
    expect(() => sockets.listenTcp('no address', 1)).toThrow(RangeError);
    expect(() => {
      enterNetwork(1);
    }).toThrow();
    const gone = NetworkNamespace.create();
    gone.close();
    expect(() => gone.run(() => 1)).toThrow('closed');
    expect(() => NetworkNamespace.ofProcess(2 ** 22 + 1)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(here()).toBe(home);
  });

  it('is found again by a process that lives in it', async () => {
    const child = namespace.run(() => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' }));
    const again = NetworkNamespace.ofProcess(child.pid ?? 0);
    const seen = (of: NetworkNamespace): string => of.run(here);
    expect(seen(again)).toBe(seen(namespace));
    again.close();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('has nothing but loopback, and nothing of the host', async () => {
    await holds('[ "$(grep -c : /proc/net/dev)" = 1 ] && [ "$(wc -l </proc/net/route)" = 1 ]');
    await holds(`! timeout 5 bash -c 'echo >/dev/tcp/127.0.0.1/${String(portOf(outside))}'`);
    await holds(`! grep -q heddle-network /proc/net/unix`);
    await holds(
      `! python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("\\0${abstractName.slice(1)}")' 2>/dev/null`,
    );
    await holds(`! timeout 5 bash -c 'echo >/dev/udp/192.0.2.1/53'`);
  });

  it('gives nobody inside a right over it', async () => {
    await holds('! true >>/proc/sys/net/ipv4/ip_forward && ! true >>/proc/sys/net/ipv4/ip_unprivileged_port_start');
    await holds('! find /proc/sys/net -writable -type f | grep .');
    const refused = (kind: string): string => `! python3 -c 'import socket; socket.socket(${kind})' 2>/dev/null`;
    await holds(refused('socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP'));
    await holds(refused('socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP'));
    await holds(refused('socket.AF_PACKET, socket.SOCK_RAW'));
    await holds(`! ip link add x type dummy 2>/dev/null && ! ip addr add 10.0.0.1/8 dev lo 2>/dev/null`);
    await holds(`! python3 -c 'import socket; socket.socket().bind(("127.0.0.1", 443))' 2>/dev/null`);
    await holds('! ls -l /proc/self/fd | grep -q net:');
  });

  it('shows the files that it comes with, read-only, and none without it', async () => {
    const path = join(directory, 'resolv.conf');
    await writeFile(path, 'nameserver 127.0.0.1\n', { mode: 0o644 });
    const run = await inside('cat /etc/resolv.conf; ! true 2>/dev/null >>/etc/resolv.conf', {
      '/etc/resolv.conf': path,
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'nameserver 127.0.0.1\n' });
    expect((await runInBox(driver, directory, base, UID, 'cat /etc/resolv.conf')).exitCode).not.toBe(0);
  });
});

async function listening(
  server: Server,
  where: { host: string; port: number } | { path: string } | { fd: number },
): Promise<void> {
  server.listen(where);
  await once(server, 'listening');
}

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
