import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.js';

const NAMES = {
  adminToken: 'admin-token',
  internalToken: 'internal-token',
  postgresPassword: 'postgres-password',
  natsToken: 'nats-token',
} as const;

export type Secrets = Readonly<Record<keyof typeof NAMES, string>>;

export function secretFile(dataDirectory: string, name: keyof typeof NAMES): string {
  return join(dataDirectory, 'secrets', NAMES[name]);
}

/** The data directory's own secrets, made at its first start; files that only their owner reads. */
export function loadSecrets(dataDirectory: string): Secrets {
  mkdirSync(join(dataDirectory, 'secrets'), { recursive: true, mode: 0o700 });
  const load = (name: keyof typeof NAMES): string => {
    const file = secretFile(dataDirectory, name);
    if (!existsSync(file)) writeAtomically(file, `${randomBytes(24).toString('hex')}\n`);
    return readFileSync(file, 'utf8').trim();
  };
  return {
    adminToken: load('adminToken'),
    internalToken: load('internalToken'),
    postgresPassword: load('postgresPassword'),
    natsToken: load('natsToken'),
  };
}
