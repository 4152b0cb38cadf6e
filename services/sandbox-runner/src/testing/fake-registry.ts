import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface FakePackage {
  readonly name: string;
  readonly version: string;
  /** Beside package.json, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Beside name and version. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

interface Published extends FakePackage {
  readonly tarball: Buffer;
  readonly integrity: string;
}

/** What npm asks of a registry to install a package, over loopback. */
export class FakeRegistry {
  private readonly published: Published[] = [];
  /** Packages that were asked for, in order. */
  readonly asked: string[] = [];
  /** Every tarball waits for it. */
  gate: Promise<void> = Promise.resolve();

  private constructor(
    private readonly directory: string,
    private readonly server: Server,
  ) {}

  static async start(directory: string): Promise<FakeRegistry> {
    const server = createServer((request, response) => {
      const name = decodeURIComponent((request.url ?? '').slice(1).split('?')[0] ?? '');
      void registry.answer(name).then(
        (body) => response.end(body),
        (error: unknown) => {
          response.statusCode = 404;
          response.end(JSON.stringify({ error: String(error) }));
        },
      );
    });
    const registry = new FakeRegistry(directory, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** @returns the integrity of its tarball, as a lock file has it */
  async publish(entry: FakePackage): Promise<string> {
    const root = join(this.directory, `${entry.name.replace('/', '+')}-${entry.version}`);
    const manifest = { name: entry.name, version: entry.version, ...entry.manifest };
    for (const [path, text] of Object.entries({ ...entry.files, 'package.json': JSON.stringify(manifest) })) {
      const file = join(root, 'package', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode: 0o755 });
    }
    await run('tar', ['czf', join(root, 'package.tgz'), '-C', root, 'package']);
    const tarball = await readFile(join(root, 'package.tgz'));
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    this.published.push({ ...entry, tarball, integrity });
    return integrity;
  }

  private async answer(name: string): Promise<string | Buffer> {
    this.asked.push(name);
    const tarball = this.published.find((entry) => name === `${entry.name}/-/${entry.version}.tgz`);
    if (tarball !== undefined) {
      await this.gate;
      return tarball.tarball;
    }
    const found = this.published.filter((entry) => entry.name === name);
    if (found.length === 0) throw new Error('not found');
    const versions = found.map(({ version, integrity, manifest }) => [
      version,
      {
        name,
        version,
        ...manifest,
        dist: { integrity, tarball: `${this.url}${name}/-/${version}.tgz` },
      },
    ]);
    return JSON.stringify({
      name,
      'dist-tags': { latest: found.at(-1)?.version },
      versions: Object.fromEntries(versions) as unknown,
    });
  }
}

/** Has npm of this process use the registry and nothing else; the answer puts back what was. */
export function useRegistry(url: string, cache: string): () => void {
  const settings: Record<string, string> = {
    npm_config_registry: url,
    npm_config_cache: cache,
    npm_config_userconfig: join(cache, 'npmrc'),
    npm_config_fetch_retries: '0',
  };
  const before = Object.fromEntries(Object.keys(settings).map((name) => [name, process.env[name]]));
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
}
