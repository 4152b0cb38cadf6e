import type { McpServer } from '@agentclientprotocol/sdk';
import type { BridgeServer } from './bridge-settings.js';

export interface SessionServers {
  readonly servers: McpServer[];
  /** Names of those that the agent goes without. */
  readonly without: readonly string[];
}

/** As the protocol has them. Throws for an address that the agent must have where it takes programs only, which all do. */
export function sessionServers(wanted: readonly BridgeServer[], takesHttp: boolean): SessionServers {
  const without: string[] = [];
  const servers = wanted.flatMap((server): McpServer[] => {
    if (!('url' in server)) {
      const env = Object.entries(server.env).map(([name, value]) => ({ name, value }));
      return [{ name: server.name, command: server.command, args: [...server.args], env }];
    }
    if (takesHttp) return [{ type: 'http', name: server.name, url: server.url, headers: [] }];
    if (server.mayLack !== true) throw new Error(`it takes no MCP server by HTTP, as "${server.name}" is one`);
    without.push(server.name);
    return [];
  });
  return { servers, without };
}
