import { isIP } from 'node:net';
import type { EgressCredential } from '@heddle/egress';
import { SandboxError } from '@heddle/sandbox';
import type { PresetAccess } from './presets.js';

/** An address in a client's configuration, and what the client would send there to show who it is. */
export interface ClientUrl {
  readonly url: string;
  readonly authorization?: { readonly format: string; readonly value: string } | undefined;
}

/** The addresses of a client's configuration, opened. Those that are no web addresses (files, `direct`) are left out. */
export function urlAccess(name: string, urls: readonly ClientUrl[]): Omit<PresetAccess, 'environment' | 'files'> {
  const web = urls.flatMap(({ url, authorization }) => {
    const parsed = webUrl(url);
    return parsed === undefined ? [] : [{ parsed, authorization: authorization ?? userInfo(parsed) }];
  });
  const places = new Map(web.map(({ parsed }) => [`${parsed.hostname}:${String(portOf(parsed))}`, parsed]));
  return {
    rules: [...places.values()].map((url) => ({
      host: url.hostname,
      ports: [portOf(url)],
      methods: [],
      pathPrefix: '',
    })),
    credentials: web.flatMap(({ parsed, authorization }): EgressCredential[] =>
      authorization === undefined || parsed.protocol !== 'https:'
        ? []
        : [
            {
              name,
              hosts: [parsed.hostname],
              methods: [],
              pathPrefix: parsed.pathname.replace(/\/+$/, ''),
              header: 'Authorization',
              ...authorization,
            },
          ],
    ),
    privateHosts: [...places.keys()],
  };
}

/** The address as the inside may have it. */
export function withoutUserInfo(url: string): string {
  const parsed = webUrl(url);
  if (parsed === undefined || (parsed.username === '' && parsed.password === '')) return url;
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

function webUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (isIP(url.hostname) === 0 && !url.hostname.startsWith('[')) return url;
  throw new SandboxError(
    'EGRESS_UNAVAILABLE',
    `a client on this runner is configured for ${url.host}: rules name hosts`,
  );
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function userInfo({ username, password }: URL): ClientUrl['authorization'] {
  if (username === '' && password === '') return undefined;
  return { format: `{basic:${decodeURIComponent(username)}}`, value: decodeURIComponent(password) };
}
