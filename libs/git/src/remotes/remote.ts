import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isIP } from 'node:net';
import { HeddleError } from '@heddle/domain';
import type { RunGitOptions } from '../process/run-git.js';
import type { Owner } from '../process/start-git.js';
import { readPathFacts, type PathFacts } from './path-facts.js';
import { parseRemoteAddress, type RemoteAddress } from './remote-address.js';
import { allowedHost, allowedPath, type RemotePolicy } from './remote-policy.js';

/** A repository of this host. Git works on it as its owner. */
export interface PathRemote extends PathFacts {
  readonly kind: 'path';
  readonly location: string;
  readonly owner: Owner;
  /** Options for a git process that works inside the repository, as its owner. */
  readonly asOwner: RunGitOptions;
  readonly transport: Transport;
}

export interface UrlRemote {
  readonly kind: 'url';
  readonly location: string;
  readonly transport: Transport;
}

export type Remote = PathRemote | UrlRemote;

/** How git reaches a remote: process options, and the programs at the other end. */
export interface Transport {
  readonly options: RunGitOptions;
  readonly uploadPack: readonly string[];
  readonly receivePack: readonly string[];
}

/** What a remote is shown by http(s), at addresses below `baseUrl` and nowhere else. */
export interface RemoteAccess {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Opens a remote for the time of `work`, after the policy has allowed it.
 * Throws `FIELD_INVALID`, `REPOSITORY_NOT_ALLOWED`, `REPOSITORY_UNREACHABLE`, `REPOSITORY_NOT_A_REPOSITORY`.
 */
export async function withRemote<T>(
  url: string,
  policy: RemotePolicy,
  work: (remote: Remote) => Promise<T>,
  access?: RemoteAccess,
): Promise<T> {
  const address = parseRemoteAddress(url);
  if (address.kind === 'url') {
    const target = await allowedHost(address.protocol, address.host, policy);
    return work({ kind: 'url', location: address.url, transport: urlTransport(address, target, access) });
  }
  const path = await allowedPath(address.path, policy);
  // Only a global configuration file reaches the upload-pack at the other end; the owner must be able to read it.
  const directory = await mkdtemp(join(tmpdir(), 'heddle-remote-'));
  try {
    await chmod(directory, 0o755);
    return await work(await openPath(path, join(directory, 'gitconfig')));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function urlTransport(
  { protocol, host, port }: Extract<RemoteAddress, { kind: 'url' }>,
  address: string,
  access: RemoteAccess | undefined,
): Transport {
  const shownAddress = isIP(address) === 6 ? `[${address}]` : address;
  return {
    uploadPack: [],
    receivePack: [],
    options: {
      protocols: [protocol],
      network: true,
      timeoutMs: 900_000,
      // The address that was checked is the one that is used.
      config: [
        ...(protocol === 'ssh' || isIP(host) !== 0
          ? []
          : [['http.curloptResolve', `${host}:${String(port)}:${shownAddress}`] as const]),
        ...accessConfig(protocol, access),
      ],
      sshCommand: [
        'ssh',
        '-F',
        '/dev/null',
        '-oBatchMode=yes',
        '-oStrictHostKeyChecking=accept-new',
        '-oConnectTimeout=15',
        '-oPermitLocalCommand=no',
        `-oHostName=${address}`,
        `-oHostKeyAlias=${isIP(host) === 0 ? host : address}`,
      ].join(' '),
    },
  };
}

/** By the environment of the process: arguments and addresses of remotes are for everybody to see. */
function accessConfig(protocol: string, access: RemoteAccess | undefined): readonly (readonly [string, string])[] {
  if (protocol === 'ssh' || access === undefined) return [];
  const basic = Buffer.from(`${access.user}:${access.password}`).toString('base64');
  return [[`http.${access.baseUrl}/.extraHeader`, `Authorization: Basic ${basic}`]];
}

async function openPath(path: string, globalConfig: string): Promise<PathRemote> {
  const stats = await stat(path);
  if (!stats.isDirectory()) {
    throw new HeddleError('REPOSITORY_NOT_A_REPOSITORY', `${path} is not a directory.`, { metadata: { path } });
  }
  const { uid, gid } = stats;
  const owner: Owner = { uid, gid };
  await writeFile(globalConfig, safeDirectories([path]), { mode: 0o644 });
  const asOwner: RunGitOptions = { cwd: path, runAs: owner, globalConfig, ceiling: dirname(path), protocols: [] };
  const facts = await readPathFacts(path, asOwner);
  await writeFile(globalConfig, safeDirectories([path, facts.gitDir, facts.commonDir]), { mode: 0o644 });
  const become =
    process.getuid?.() === 0 && uid !== 0
      ? `setpriv --reuid=${String(uid)} --regid=${String(gid)} --clear-groups -- `
      : '';
  // A hook of a repository that root owns would run as root.
  const hooks = uid === 0 ? '-c core.hooksPath=/dev/null ' : '';
  return {
    kind: 'path',
    location: path,
    owner,
    ...facts,
    asOwner: { ...asOwner, gitDir: undefined },
    transport: {
      uploadPack: [`--upload-pack=${become}git -c core.fsmonitor=false upload-pack`],
      receivePack: [`--receive-pack=${become}git ${hooks}-c core.fsmonitor=false -c receive.autogc=false receive-pack`],
      options: { protocols: ['file'], globalConfig, timeoutMs: 900_000 },
    },
  };
}

function safeDirectories(paths: readonly string[]): string {
  const quoted = [...new Set(paths)].map((path) => `\tdirectory = "${path.replaceAll(/["\\]/g, '\\$&')}"`);
  return ['[safe]', ...quoted, ''].join('\n');
}
