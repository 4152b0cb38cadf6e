import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { SERVICES } from '@heddle/local';
import { TEMPORAL_DYNAMIC_CONFIG } from '@heddle/local/servers';
import { parse } from 'yaml';

interface Container {
  readonly image: string;
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly privileged?: boolean;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Container>>;
  readonly volumes: Readonly<Record<string, null>>;
}

// There is no container engine where these tests run: what can be read is checked, by the same truths as the launcher's.
const text = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(text, { merge: true }) as ComposeFile;
const containers = Object.entries(compose.services);
const own = SERVICES.map(({ name }) => name);

describe('docker-compose.yml', () => {
  it.each(SERVICES.map(({ name, entry, migration }) => ({ name, entry, migration })))(
    'runs $name, and its migration before it',
    ({ name, entry, migration }) => {
      expect(compose.services[name]?.command).toEqual([entry]);
      if (migration === undefined) return;
      const migrating = containers.find(([, { command }]) => command?.[0] === migration)?.[0] ?? 'none';
      expect(compose.services[name]?.depends_on?.[migrating]).toEqual({ condition: 'service_completed_successfully' });
    },
  );

  it('knows every setting that the launcher gives to a service', () => {
    const wiring = {
      dataDirectory: '',
      host: '',
      httpPort: 0,
      grpcPort: 0,
      schedulerPort: 0,
      reviewPort: 0,
      supervisorSocket: '',
      adminToken: '',
      internalToken: '',
      databaseUrl: '',
      natsUrl: '',
      natsToken: '',
      temporalAddress: '',
      temporalNamespace: '',
    };
    for (const { name, settings } of SERVICES) {
      const given = Object.keys(compose.services[name]?.environment ?? {});
      expect(given).toEqual(expect.arrayContaining(Object.keys(settings(wiring))));
    }
  });

  it('gives Temporal the settings that its speed and fairness depend on', () => {
    const given = compose.services['temporal']?.command?.flatMap(
      (word) => /^--dynamic-config-value=(.*)$/.exec(word)?.[1] ?? [],
    );
    expect(given).toEqual([...TEMPORAL_DYNAMIC_CONFIG]);
    expect(compose.services['temporal']?.command).toEqual(
      expect.arrayContaining(['--sqlite-pragma=journal_mode=wal', '--sqlite-pragma=synchronous=full']),
    );
  });

  it('pins every image, and opens nothing but the doors, to this host alone', () => {
    for (const [, { image }] of containers) expect(image).toMatch(/:[\w.-]+$/);
    expect(text).not.toContain(':latest');
    const open = containers.flatMap(([name, { ports }]) => (ports ?? []).map((port) => `${name} ${port}`));
    expect(open).toEqual(['gateway 127.0.0.1:7470:7470', 'gateway 127.0.0.1:7471:7471']);
  });

  it('holds no secret, and says how to make those that it needs', () => {
    const secrets = [...text.matchAll(/\$\{(\w+)([^}]*)\}/g)];
    expect(secrets.length).toBeGreaterThan(0);
    for (const [, , otherwise] of secrets) expect(otherwise).toBe(':?run node deploy/docker/make-env.mjs first');
    const made = readFileSync('deploy/docker/make-env.mjs', 'utf8');
    for (const [, name = ''] of secrets) expect(made).toContain(`'${name}'`);
  });

  it('gives the admin token to the gateway alone, and privileges to the supervisor alone', () => {
    const having = (test: (container: Container) => boolean): string[] =>
      containers.filter(([, container]) => test(container)).map(([name]) => name);
    expect(having(({ environment }) => environment?.['HEDDLE_ADMIN_TOKEN'] !== undefined)).toEqual(['gateway']);
    expect(having(({ privileged }) => privileged === true)).toEqual(['supervisor']);
  });

  it('watches the health of everything that goes on running, and keeps its data in volumes', () => {
    for (const [name, { healthcheck }] of containers) {
      if (!name.startsWith('migrate-')) expect(healthcheck?.test?.[0]).toBe('CMD');
    }
    const used = containers
      .flatMap(([, { volumes }]) => volumes ?? [])
      .flatMap((volume) => /^(\w+):/.exec(volume)?.[1] ?? []);
    expect(new Set(used)).toEqual(new Set(Object.keys(compose.volumes)));
    for (const name of own) expect(compose.services[name]?.build?.dockerfile).toBe('deploy/docker/Dockerfile');
  });
});

describe('the Dockerfile', () => {
  const lines = readFileSync('deploy/docker/Dockerfile', 'utf8').split('\n');

  it('pins what it starts from, builds as npm does everywhere, and does not run as root', () => {
    const from = lines.filter((line) => line.startsWith('FROM '));
    expect(from).toHaveLength(2);
    for (const line of from) expect(line).toMatch(/^FROM node:\d+\.\d+-[\w-]+( AS \w+)?$/);
    expect(lines.some((line) => line.includes('bootstrap.mjs build'))).toBe(true);
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER node');
    expect(lines.some((line) => /^(ADD|ENV .*(TOKEN|PASSWORD))/.test(line))).toBe(false);
  });

  it('copies only what is in the checkout, not what was built or configured there', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', '**/node_modules', '**/dist']));
    for (const file of ['deploy/docker/nats.conf', 'deploy/local/bootstrap.mjs']) expect(existsSync(file)).toBe(true);
  });
});

describe('the configuration of NATS in a container', () => {
  it('has JetStream on disk before it acknowledges', () => {
    expect(readFileSync('deploy/docker/nats.conf', 'utf8')).toMatch(
      /jetstream \{ store_dir: \/data, sync_interval: always \}/,
    );
  });
});
