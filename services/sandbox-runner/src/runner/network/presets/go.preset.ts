import { askClient } from './ask-client.js';
import type { PresetAccess } from './presets.js';
import { urlAccess, withoutUserInfo } from './url-access.js';

const NAMES = ['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GONOPROXY', 'GOPRIVATE'] as const;

/** The module proxies and the checksum database that Go is configured for. Hosts of single repositories are not opened. */
export async function goAccess(): Promise<PresetAccess> {
  const config = JSON.parse(await askClient('go', ['env', '-json', ...NAMES])) as Record<string, string>;
  const { GOPROXY = '', GOSUMDB = '' } = config;
  const urls = [...GOPROXY.split(/[,|]/), ...databaseUrls(GOSUMDB)];
  return {
    ...urlAccess(
      'GO',
      urls.map((url) => ({ url })),
    ),
    environment: {
      ...Object.fromEntries(NAMES.flatMap((name) => (config[name] ? [[name, config[name]]] : []))),
      GOPROXY: GOPROXY.replace(/[^,|]+/g, withoutUserInfo),
    },
    files: {},
  };
}

/** `<name>[+<key>] [<url>]`: without an address it is at its name. */
function databaseUrls(text: string): string[] {
  const [name = '', url] = text.split(/\s+/);
  if (name === '' || name === 'off') return [];
  return [url ?? `https://${name.split('+')[0] ?? ''}`];
}
