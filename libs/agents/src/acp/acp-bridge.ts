import { fileURLToPath } from 'node:url';

/** Where the bridge's program is, from the directory that holds it and its packages. */
export const BRIDGE_ENTRY = 'bridge/main.js';

/** What the sandbox of an ACP agent has to show beside the agent: the platform's own, so nobody installs it. */
export const ACP_BRIDGE = {
  /** Compiled, with imports of its own files and of these packages. */
  directory: fileURLToPath(new URL('./bridge/', import.meta.url)),
  packages: ['@agentclientprotocol/sdk', 'zod'],
  /** Names its directory where it is lower case, as those of the other agents' programs. */
  folder: 'acp',
} as const;
