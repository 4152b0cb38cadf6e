import { isAbsolute } from 'node:path';
import { fieldInvalid } from '@heddle/domain';

/** What a registered `url` says, before anything is contacted. */
export type RemoteAddress =
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly protocol: 'https' | 'http' | 'ssh';
      readonly host: string;
      readonly port: number;
    };

const CONTROL = /[\u0000-\u001f\u007f]/;
const PORTS = { 'https:': 443, 'http:': 80, 'ssh:': 22 } as const;

/** Reads an absolute path, an http(s) or ssh URL, or `user@host:path`. Throws `FIELD_INVALID` on field `url`. */
export function parseRemoteAddress(text: string): RemoteAddress {
  const bad = (description: string): Error => fieldInvalid([{ field: 'url', description }]);
  if (text === '' || text.length > 4096 || CONTROL.test(text))
    throw bad('must be a path or a URL of at most 4,096 characters');
  if (isAbsolute(text)) return { kind: 'path', path: text };
  if (text.startsWith('file://')) {
    const path = pathOf(text);
    if (path === undefined) throw bad('has no valid path');
    return { kind: 'path', path };
  }
  const scp = /^(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9.-]+):(?!\/\/)([^:]+)$/.exec(text);
  if (scp !== null) {
    const [, user = '', host = '', path = ''] = scp;
    if ([user, host, path].some((part) => part.startsWith('-'))) throw bad('has no valid host or path');
    return { kind: 'url', url: text, protocol: 'ssh', host, port: PORTS['ssh:'] };
  }
  return fromUrl(text, bad);
}

/** @returns undefined for what is no URL, or holds what is no UTF-8 or no part of a path */
function pathOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  try {
    const path = decodeURIComponent(new URL(text).pathname);
    return CONTROL.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}

function fromUrl(text: string, bad: (description: string) => Error): RemoteAddress {
  if (!URL.canParse(text)) throw bad('must be an absolute path, an https or ssh URL, or user@host:path');
  const url = new URL(text);
  const standardPort = PORTS[url.protocol as keyof typeof PORTS] as number | undefined;
  if (standardPort === undefined) throw bad('must be an absolute path, an https or ssh URL, or user@host:path');
  if (url.password !== '' || (url.protocol !== 'ssh:' && url.username !== ''))
    throw bad('must not hold a user name or a password: register a credential');
  // An address that git or ssh would read as an option.
  if (
    url.hostname === '' ||
    url.hostname.startsWith('-') ||
    url.username.startsWith('-') ||
    url.pathname.startsWith('/-')
  )
    throw bad('has no valid host or path');
  return {
    kind: 'url',
    // As it was understood here: git would read some texts otherwise, and contact a host that nobody checked.
    url: url.href,
    protocol: url.protocol.slice(0, -1) as 'https' | 'http' | 'ssh',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? standardPort : Number(url.port),
  };
}
