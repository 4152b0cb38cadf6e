import { readFile } from 'node:fs/promises';
import { errnoOf } from '@heddle/sandbox';
import { askClient } from './ask-client.js';
import type { PresetAccess } from './presets.js';
import { urlAccess, type ClientUrl } from './url-access.js';

const SCOPED = /^@[^:]+:registry$/;

/** The registries that npm is configured for, also those of single scopes. */
export async function npmAccess(): Promise<PresetAccess> {
  const config = JSON.parse(await askClient('npm', ['config', 'ls', '--long', '--json'])) as Record<string, unknown>;
  const text = (key: string): string => (typeof config[key] === 'string' ? config[key] : '');
  const registries = Object.keys(config).filter((key) => key === 'registry' || SCOPED.test(key));
  const tokens = { ...(await tokensIn(text('globalconfig'))), ...(await tokensIn(text('userconfig'))) };
  const urls = registries.map((key): ClientUrl => ({ url: text(key), authorization: tokenFor(text(key), tokens) }));
  return {
    ...urlAccess('NPM', urls),
    environment: Object.fromEntries(registries.map((key) => [variableOf(key), text(key)])),
    files: {},
  };
}

/** `npm` itself shows no token to anybody: they are read from the files that it names. */
async function tokensIn(path: string): Promise<Record<string, ClientUrl['authorization']>> {
  const lines = await readFile(path, 'utf8').catch((error: unknown) => {
    if (path === '' || errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  const found: Record<string, ClientUrl['authorization']> = {};
  for (const line of lines.split('\n')) {
    const [, place, kind, raw] =
      /^\s*(\/\/[^:=]+(?::\d+)?[^:=]*):(_authToken|_auth)\s*=\s*"?([^"\s]+)"?\s*$/.exec(line) ?? [];
    if (place === undefined || raw === undefined) continue;
    const value = raw.replace(/\$\{([^}]+)\}/g, (all, name: string) => process.env[name] ?? all);
    found[place] = { format: kind === '_auth' ? 'Basic {value}' : 'Bearer {value}', value };
  }
  return found;
}

/** As npm looks: at the registry's own place, then at those above it. */
function tokenFor(
  registry: string,
  tokens: Readonly<Record<string, ClientUrl['authorization']>>,
): ClientUrl['authorization'] {
  for (let place = registry.replace(/^https?:/, ''); place.length > 2; place = place.replace(/[^/]*\/?$/, '')) {
    const token = tokens[place] ?? tokens[place.replace(/\/$/, '')];
    if (token !== undefined) return token;
  }
  return undefined;
}

function variableOf(key: string): string {
  return `npm_config_${key}`;
}
