import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { CreateEnvironmentInput } from '@heddle/sdk';
import { OWN_NAME } from '../../support/host/own-name.js';

/** Gemini CLI as an agent of the Agent Client Protocol: as a set-up has put it into the home. */
export const GEMINI_BY_ACP: string[] = [
  'bash',
  '-c',
  [
    'export GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL="$HEDDLE_MODEL_BASE_URL" GEMINI_CLI_NO_RELAUNCH=true',
    'exec node "$HOME/acp/node_modules/.bin/gemini" --acp --skip-trust --model gemini-2.5-pro',
  ].join('\n'),
];

const SETTINGS = JSON.stringify({
  security: { auth: { selectedType: 'gemini-api-key' } },
  privacy: { usageStatisticsEnabled: false },
  general: {
    disableAutoUpdate: true,
    maxAttempts: 5,
    // By its source its tidying up takes all files of a session of which one is empty, and loading a session makes one.
    sessionRetention: { enabled: false },
  },
});

export interface ServedProgram {
  /** Part of an environment: its set-up fetches the program. */
  readonly setup: Partial<CreateEnvironmentInput>;
  close(): void;
}

/**
 * Serves an installed program to set-ups, as a registry of somebody's own would.
 * @param installed directory with its `node_modules`
 */
export async function serveProgram(installed: string): Promise<ServedProgram> {
  const server = createServer((_, answer) => {
    const tar = spawn('tar', ['-c', '-C', installed, 'node_modules'], { stdio: ['ignore', 'pipe', 'inherit'] });
    tar.stdout.pipe(answer);
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const script = [
    'mkdir -p "$HOME/acp" "$HOME/.gemini"',
    `curl -fsS http://${OWN_NAME}:${String(port)}/ | tar -x -C "$HOME/acp"`,
    `cat >"$HOME/.gemini/settings.json" <<'END'\n${SETTINGS}\nEND`,
  ].join('\n');
  return {
    setup: { setup: { script }, network: { setup: [{ host: OWN_NAME, ports: [port] }] } },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
