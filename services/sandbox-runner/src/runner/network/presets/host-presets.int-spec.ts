import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { NETWORK_PRESETS } from '@heddle/domain';
import { useTemporaryDirectories } from '@heddle/testing';
import { HostPresets } from './host-presets.js';

const temporary = useTemporaryDirectories();
const before = { ...process.env };

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, before);
});

/** Only where the client is on this host. */
const has = (program: string, ...args: string[]): typeof it => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return it;
  } catch {
    return it.skip as typeof it;
  }
};

const rule = (host: string, port = 443): object => ({ host, ports: [port], methods: [], pathPrefix: '' });

describe('presets', () => {
  has('npm', '--version')('npm: registries and tokens of its own files, the token kept outside', async () => {
    const file = join(await temporary('npm'), 'npmrc');
    await writeFile(
      file,
      'registry=https://mirror.test/npm/\n@our:registry=https://ours.test:8443/\n//mirror.test/npm/:_authToken=${MIRROR_TOKEN}\n',
    );
    Object.assign(process.env, { npm_config_userconfig: file, MIRROR_TOKEN: 'hunter22' });
    const access = await new HostPresets().access('NPM');
    expect(access.rules).toEqual(expect.arrayContaining([rule('mirror.test'), rule('ours.test', 8443)]));
    expect(access.rules).toHaveLength(2);
    expect(access.credentials).toEqual([
      {
        name: 'NPM',
        hosts: ['mirror.test'],
        methods: [],
        pathPrefix: '/npm',
        header: 'Authorization',
        format: 'Bearer {value}',
        value: 'hunter22',
      },
    ]);
    expect(access.privateHosts).toContain('ours.test:8443');
    expect(access.environment).toEqual({
      npm_config_registry: 'https://mirror.test/npm/',
      'npm_config_@our:registry': 'https://ours.test:8443/',
    });
    expect(JSON.stringify([access.environment, access.files])).not.toContain('hunter22');
  });

  has(
    'python3',
    '-m',
    'pip',
    '--version',
  )('pip: indexes of its variables, without who asks', async () => {
    Object.assign(process.env, {
      PIP_INDEX_URL: 'https://me:hunter22@mirror.test/simple',
      PIP_EXTRA_INDEX_URL: 'https://more.test/simple',
    });
    const access = await new HostPresets().access('PIP');
    expect(access.rules).toEqual([rule('mirror.test'), rule('more.test')]);
    expect(access.credentials).toMatchObject([{ format: '{basic:me}', value: 'hunter22', pathPrefix: '/simple' }]);
    expect(access.environment).toEqual({
      PIP_INDEX_URL: 'https://mirror.test/simple',
      PIP_EXTRA_INDEX_URL: 'https://more.test/simple',
    });
  });

  has('go', 'version')('Go: proxies and the checksum database, without who asks', async () => {
    Object.assign(process.env, { GOPROXY: 'https://me:hunter22@proxy.test,direct', GOSUMDB: 'sum.test+abc' });
    const access = await new HostPresets().access('GO');
    expect(access.rules).toEqual([rule('proxy.test'), rule('sum.test')]);
    expect(access.environment).toMatchObject({ GOPROXY: 'https://proxy.test/,direct', GOSUMDB: 'sum.test+abc' });
  });

  has('cargo', '--version')('cargo: a replaced source, and the host that its index names', async () => {
    const server = createServer((_, response) => response.end('{"dl":"https://crates.test/{crate}"}'));
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const home = await temporary('cargo');
    const index = `sparse+http://localhost:${String(port)}/index/`;
    await writeFile(
      join(home, 'config.toml'),
      `[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "${index}"\n`,
    );
    process.env['CARGO_HOME'] = home;
    const access = await new HostPresets().access('CARGO');
    server.close();
    expect(access.rules).toEqual([rule('localhost', port), rule('crates.test')]);
    expect(access.files['/.cargo/config.toml']).toContain(index);
  });

  has('mvn', '--version')('Maven: the mirrors of its settings, else what its own model names', async () => {
    const home = await temporary('maven');
    process.env['HOME'] = home;
    const own = await new HostPresets().access('MAVEN');
    expect(own.rules).toHaveLength(1);
    expect(own.files).toEqual({});
    await mkdir(join(home, '.m2'));
    const mirror = '<mirror><id>m</id><mirrorOf>*</mirrorOf><url>https://mirror.test/maven</url></mirror>';
    await writeFile(join(home, '.m2', 'settings.xml'), `<settings><mirrors>${mirror}</mirrors></settings>`);
    const access = await new HostPresets().access('MAVEN');
    expect(access.rules).toEqual([rule('mirror.test')]);
    expect(access.files['/home/agent/.m2/settings.xml']).toContain(mirror);
  });

  has('npm', '--version')('without any configuration: what the client itself uses', async () => {
    process.env['npm_config_userconfig'] = join(await temporary('none'), 'npmrc');
    expect((await new HostPresets().access('NPM')).rules).toHaveLength(1);
  });

  it('knows each word of the domain, and no other', async () => {
    const services = Object.entries(NETWORK_PRESETS).filter(([, kind]) => kind === 'SERVICE');
    for (const [word] of services) expect((await new HostPresets().access(word)).rules.length).toBeGreaterThan(0);
    await expect(new HostPresets().access('NONE')).rejects.toMatchObject({ reason: 'EGRESS_UNAVAILABLE' });
  });
});
