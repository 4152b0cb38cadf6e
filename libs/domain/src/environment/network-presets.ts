/**
 * Where the hosts of a preset come from: a package manager's are read from that client's own configuration on the runner
 * (a company's mirror just works), a service's are its own.
 */
export const NETWORK_PRESETS = {
  NPM: 'PACKAGE_MANAGER',
  PIP: 'PACKAGE_MANAGER',
  GO: 'PACKAGE_MANAGER',
  CARGO: 'PACKAGE_MANAGER',
  MAVEN: 'PACKAGE_MANAGER',
  GITHUB: 'SERVICE',
  GITLAB: 'SERVICE',
  BITBUCKET: 'SERVICE',
  OPENAI: 'SERVICE',
  ANTHROPIC: 'SERVICE',
  GEMINI: 'SERVICE',
} as const satisfies Record<string, 'PACKAGE_MANAGER' | 'SERVICE'>;

export type NetworkPreset = keyof typeof NETWORK_PRESETS;

export function isNetworkPreset(word: string): word is NetworkPreset {
  return Object.hasOwn(NETWORK_PRESETS, word);
}
