// Makes .env beside docker-compose.yml with random secrets, once: node deploy/docker/make-env.mjs
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.env');
const names = ['HEDDLE_ADMIN_TOKEN', 'HEDDLE_INTERNAL_TOKEN', 'HEDDLE_POSTGRES_PASSWORD', 'HEDDLE_NATS_TOKEN'];
// The letter keeps a secret from looking like a number to a configuration that has no quotes around it.
const text = names.map((name) => `${name}=h${randomBytes(24).toString('hex')}\n`).join('');
try {
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  console.log(`made ${file}; now: docker compose up`);
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  console.log(`${file} is there already and stays as it is`);
}
