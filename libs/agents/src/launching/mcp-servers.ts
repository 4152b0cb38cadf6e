import type { McpServer } from '@heddle/contracts';

/** `{name: …}` of a program's own configuration. */
export function byServerName<T>(
  servers: readonly McpServer[],
  shapes: {
    readonly local: (server: LocalServer) => T;
    readonly remote: (url: string) => T;
  },
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    servers.map((server) => [
      server.name,
      server.url === '' ? shapes.local(localServer(server)) : shapes.remote(server.url),
    ]),
  );
}

/** A program in the sandbox. */
export interface LocalServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function localServer({ command: [command = '', ...args], variables }: McpServer): LocalServer {
  return { command, args, env: variables };
}
