import type { PresetAccess } from './presets.js';

/** Hosts that a service documents for its clients. What a token may do there is the token's matter, not the rules'. */
const HOSTS: Readonly<Record<string, readonly string[]>> = {
  GITHUB: [
    'github.com',
    'api.github.com',
    'codeload.github.com',
    'raw.githubusercontent.com',
    'objects.githubusercontent.com',
  ],
  GITLAB: ['gitlab.com'],
  BITBUCKET: ['bitbucket.org', 'api.bitbucket.org'],
  OPENAI: ['api.openai.com'],
  ANTHROPIC: ['api.anthropic.com'],
  GEMINI: ['generativelanguage.googleapis.com'],
};

/** Undefined for a word that is no service's. */
export function serviceAccess(preset: string): PresetAccess | undefined {
  const hosts = HOSTS[preset];
  if (hosts === undefined) return undefined;
  return {
    rules: hosts.map((host) => ({ host, ports: [443], methods: [], pathPrefix: '' })),
    credentials: [],
    privateHosts: [],
    environment: {},
    files: {},
  };
}
