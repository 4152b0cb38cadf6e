import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, giveTo, runCommand, SetupError, type FindContext, type LocalServer } from '@heddle/local/servers';
import { findContext } from './find-context.js';
import { findGitea, type GiteaProgram } from './find-gitea.js';
import { sharedServer } from './shared-server.js';
import { testPostgres } from './test-postgres.js';

/** The run's Gitea: a forge with pull requests. Each owner is a user of one test file. */
export interface TestGitea {
  /** Without a slash at its end. */
  readonly url: string;
  /** Makes a user with a token that may do all that the user may. */
  user(): Promise<GiteaUser>;
}

export interface GiteaUser {
  readonly name: string;
  readonly token: string;
  /**
   * Asks the API as this user.
   * @throws Error for an answer that is no success, with its status and text
   */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
}

const ADMIN = 'heddle-admin';

/** @throws {SetupError} SERVER_NOT_FOUND */
export async function testGitea(): Promise<TestGitea> {
  const context = await findContext();
  const program = await findGitea(context);
  const postgres = await testPostgres();
  const address = await sharedServer('gitea', async (directory) =>
    giteaServer(context, program, directory, (await postgres.database()).url),
  );
  // The address carries the administrator's password, as that of the run's Postgres does.
  const { origin, username, password } = new URL(address);
  const admin = caller(origin, `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
  return {
    url: origin,
    async user() {
      const name = `u${randomBytes(6).toString('hex')}`;
      const secret = randomBytes(12).toString('hex');
      const account = { username: name, password: secret, email: `${name}@example.com`, must_change_password: false };
      await admin('POST', '/admin/users', account);
      const own = caller(origin, `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`);
      const made = await own('POST', `/users/${name}/tokens`, { name: 'test', scopes: ['all'] });
      const token = (made as { sha1: string }).sha1;
      return { name, token, api: caller(origin, `token ${token}`) };
    },
  };
}

function caller(origin: string, authorization: string): GiteaUser['api'] {
  return async (method, path, body) => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { Authorization: authorization, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${String(response.status)}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
}

async function giteaServer(
  { env, user }: FindContext,
  program: GiteaProgram,
  directory: string,
  databaseUrl: string,
): Promise<LocalServer> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${String(port)}`;
  const config = join(directory, 'app.ini');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(config, settings({ directory, program, port, origin, databaseUrl }), { mode: 0o600 });
  await giveTo(user, directory);
  const own = {
    PATH: env['PATH'],
    HOME: directory,
    LANG: 'C.UTF-8',
    // Where there is no other user to run as.
    GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true',
  };
  const run = async (...args: string[]): Promise<void> => {
    const { code, stderr, stdout } = await runCommand(program.path, ['--config', config, ...args], {
      cwd: directory,
      env: own,
      uid: user?.uid,
      gid: user?.gid,
      timeoutMs: 120_000,
    });
    if (code !== 0) throw new SetupError('COMMAND_FAILED', `gitea ${args[0] ?? ''} failed: ${stderr || stdout}`);
  };
  const password = randomBytes(12).toString('hex');
  await run('migrate');
  const account = ['--username', ADMIN, '--password', password, '--email', 'admin@example.com'];
  await run('admin', 'user', 'create', '--admin', '--must-change-password=false', ...account);
  return {
    address: `http://${ADMIN}:${password}@127.0.0.1:${String(port)}`,
    spec: {
      name: 'gitea',
      command: program.path,
      args: ['web', '--config', config],
      env: own,
      cwd: directory,
      user,
      recognisedBy: '/gitea',
      stop: { signal: 'SIGTERM', deadlineMs: 15_000 },
      ready: async () => (await fetch(`${origin}/api/v1/version`)).ok,
    },
  };
}

interface Place {
  readonly directory: string;
  readonly program: GiteaProgram;
  readonly port: number;
  readonly origin: string;
  readonly databaseUrl: string;
}

/** As little as pull requests need: no queues on disk, no mail, nothing that goes out. */
function settings({ directory, program, port, origin, databaseUrl }: Place): string {
  const database = new URL(databaseUrl);
  return [
    'APP_NAME = test',
    'RUN_MODE = prod',
    `WORK_PATH = ${directory}`,
    '[server]',
    'HTTP_ADDR = 127.0.0.1',
    `HTTP_PORT = ${String(port)}`,
    `ROOT_URL = ${origin}/`,
    `STATIC_ROOT_PATH = ${program.home}`,
    'DISABLE_SSH = true',
    'OFFLINE_MODE = true',
    '[database]',
    'DB_TYPE = postgres',
    `HOST = ${database.host}`,
    `NAME = ${database.pathname.slice(1)}`,
    `USER = ${decodeURIComponent(database.username)}`,
    `PASSWD = ${decodeURIComponent(database.password)}`,
    'SSL_MODE = disable',
    '[repository]',
    `ROOT = ${join(directory, 'repositories')}`,
    'DEFAULT_BRANCH = trunk',
    '[security]',
    'INSTALL_LOCK = true',
    `SECRET_KEY = ${randomBytes(24).toString('hex')}`,
    `INTERNAL_TOKEN = ${randomBytes(48).toString('hex')}`,
    'PASSWORD_HASH_ALGO = pbkdf2_v1',
    '[service]',
    'DISABLE_REGISTRATION = true',
    '[log]',
    'MODE = console',
    'LEVEL = warn',
    '[indexer]',
    'ISSUE_INDEXER_TYPE = db',
    '[actions]',
    'ENABLED = false',
    '[cron]',
    'ENABLED = false',
    '[oauth2]',
    'ENABLED = false',
    '',
  ].join('\n');
}
