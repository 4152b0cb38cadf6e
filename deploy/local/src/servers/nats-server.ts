import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { serverEnvironment, type LocalServer } from '../processes/process-spec.js';
import { giveTo, type ServerUser } from './server-user.js';

export interface NatsServerOptions {
  readonly program: string;
  /** Holds the configuration and the streams. */
  readonly directory: string;
  readonly port: number;
  readonly token: string;
  readonly user: ServerUser | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where it tells about itself over HTTP, without credentials; nowhere unless given. */
  readonly monitorPort?: number;
  /** False only for data that may be lost: tests. */
  readonly durable?: boolean;
}

const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const PROBE_MS = 3_000;

/** NATS on loopback with JetStream on disk; a client needs the token. */
export async function natsServer(options: NatsServerOptions): Promise<LocalServer> {
  const { directory, port, token, user } = options;
  const configuration = join(directory, 'nats.json');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(configuration, JSON.stringify(configure(options), undefined, 2), { mode: 0o600 });
  await giveTo(user, directory);
  return {
    address: `nats://${encodeURIComponent(token)}@127.0.0.1:${port}`,
    spec: {
      name: 'nats',
      command: options.program,
      args: ['--config', configuration],
      env: serverEnvironment(options.env),
      cwd: directory,
      user,
      recognisedBy: '/nats-server',
      stop: { signal: 'SIGTERM', deadlineMs: 15_000 },
      ready: () => answersPing(port, token),
    },
  };
}

function configure({ directory, port, token, durable, monitorPort }: NatsServerOptions): object {
  return {
    host: '127.0.0.1',
    port,
    server_name: 'heddle-local',
    max_payload: MAX_PAYLOAD_BYTES,
    ...(monitorPort === undefined ? {} : { http: `127.0.0.1:${monitorPort}` }),
    authorization: { token },
    // Without "always" an acknowledged message is not on disk yet, and a power cut takes it back.
    jetstream: { store_dir: join(directory, 'store'), sync_interval: durable === false ? '2m' : 'always' },
  };
}

/** Logs in and waits for a PONG: a wrong token or a server that is still loading streams is not ready. */
function answersPing(port: number, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    let said = '';
    socket.setTimeout(PROBE_MS, () => {
      finish(false);
    });
    socket.on('error', () => {
      finish(false);
    });
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('-ERR')) finish(false);
      if (said.includes('PONG\r\n')) finish(true);
    });
    socket.on('close', () => {
      finish(false);
    });
    socket.write(`CONNECT ${JSON.stringify({ verbose: false, auth_token: token })}\r\nPING\r\n`);
  });
}
