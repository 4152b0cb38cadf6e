/** Whose API a forge speaks. A provider may be added, never renamed: credentials are stored by it. */
export const FORGE_PROVIDERS = {
  GITHUB: { baseUrl: 'https://github.com' },
  GITLAB: { baseUrl: 'https://gitlab.com' },
  /** Forgejo too. */
  GITEA: {},
} as const satisfies Record<string, ForgeProviderEntry>;

interface ForgeProviderEntry {
  /** Where people find it; absent: there is no public one. */
  readonly baseUrl?: string;
}

export type ForgeProvider = keyof typeof FORGE_PROVIDERS;

export function isForgeProvider(word: string): word is ForgeProvider {
  return Object.hasOwn(FORGE_PROVIDERS, word);
}

export function forgeProvider(provider: ForgeProvider): ForgeProviderEntry {
  return FORGE_PROVIDERS[provider];
}

const SEGMENT = /^[A-Za-z0-9._~+-]+$/;

/** @param baseUrl where people find the forge, without a slash at its end */
export function forgeApiUrl(provider: ForgeProvider, baseUrl: string): string {
  switch (provider) {
    case 'GITHUB':
      return baseUrl === FORGE_PROVIDERS.GITHUB.baseUrl ? 'https://api.github.com' : `${baseUrl}/api/v3`;
    case 'GITLAB':
      return `${baseUrl}/api/v4`;
    case 'GITEA':
      return `${baseUrl}/api/v1`;
  }
}

/**
 * A repository's path at a forge: `owner/name`, at GitLab with as many groups as there are. Undefined where the address is
 * not below the forge's, or is no repository's: a credential of the forge must not be sent there.
 */
export function pathAtForge(
  provider: ForgeProvider,
  baseUrl: string,
  repositoryUrl: string,
): readonly string[] | undefined {
  if (!URL.canParse(baseUrl) || !URL.canParse(repositoryUrl)) return undefined;
  const [forge, repository] = [new URL(baseUrl), new URL(repositoryUrl)];
  const place = `${forge.pathname.replace(/\/+$/, '')}/`;
  if (forge.origin !== repository.origin || forge.origin === 'null') return undefined;
  if (!repository.pathname.startsWith(place) || repository.search !== '') return undefined;
  const segments = repository.pathname
    .slice(place.length)
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
    .split('/');
  const fits = provider === 'GITLAB' ? segments.length >= 2 : segments.length === 2;
  return fits && segments.every((segment) => SEGMENT.test(segment)) ? segments : undefined;
}
