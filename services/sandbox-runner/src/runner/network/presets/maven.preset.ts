import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errnoOf, SandboxError } from '@heddle/sandbox';
import { askClient } from './ask-client.js';
import type { PresetAccess } from './presets.js';
import { urlAccess, withoutUserInfo } from './url-access.js';

/** The part of every project's model that names the default repository. */
const SUPER_POM = 'org/apache/maven/model/pom-4.0.0.xml';

/** The repository that Maven is configured for: the mirrors of its settings, or what its own model names. */
export async function mavenAccess(): Promise<PresetAccess> {
  const home = /^Maven home: (.+)$/m.exec(await askClient('mvn', ['--batch-mode', '--version']))?.[1];
  if (home === undefined) throw new SandboxError('EGRESS_UNAVAILABLE', 'Maven on this runner does not say where it is');
  const settings = [join(process.env['HOME'] ?? homedir(), '.m2', 'settings.xml'), join(home, 'conf', 'settings.xml')];
  const mirrors = (await Promise.all(settings.map(mirrorsIn))).flat();
  const urls = mirrors.length > 0 ? mirrors.map(({ url }) => url) : [await builtIn(home)];
  return {
    ...urlAccess(
      'MAVEN',
      urls.map((url) => ({ url })),
    ),
    environment: {},
    files: mirrors.length === 0 ? {} : { '/home/agent/.m2/settings.xml': settingsWith(mirrors) },
  };
}

interface Mirror {
  readonly id: string;
  readonly of: string;
  readonly url: string;
}

async function mirrorsIn(path: string): Promise<Mirror[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  const live = text.replace(/<!--.*?-->/gs, '');
  return (
    [...live.matchAll(/<mirror>(.*?)<\/mirror>/gs)]
      .map(([, mirror = '']) => mirror)
      // Maven's own way of refusing something.
      .filter((mirror) => element(mirror, 'blocked') !== 'true')
      .map((mirror) => ({
        id: element(mirror, 'id'),
        of: element(mirror, 'mirrorOf'),
        url: element(mirror, 'url'),
      }))
  );
}

async function builtIn(home: string): Promise<string> {
  const libraries = await readdir(join(home, 'lib'));
  const jar = libraries.find((name) => /^maven-model-builder-.*\.jar$/.test(name));
  const model = jar === undefined ? '' : await askClient('unzip', ['-p', join(home, 'lib', jar), SUPER_POM]);
  const url = element(model, 'url');
  if (url === '') throw new SandboxError('EGRESS_UNAVAILABLE', 'Maven on this runner does not name its repository');
  return url;
}

function element(xml: string, name: string): string {
  return new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(xml)?.[1] ?? '';
}

function settingsWith(mirrors: readonly Mirror[]): string {
  const entries = mirrors.map(
    ({ id, of, url }) => `<mirror><id>${id}</id><mirrorOf>${of}</mirrorOf><url>${withoutUserInfo(url)}</url></mirror>`,
  );
  return `<settings><mirrors>${entries.join('')}</mirrors></settings>\n`;
}
