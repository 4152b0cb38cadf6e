import type { McpServer } from '@agentclientprotocol/sdk';
import type { BridgeServer } from './bridge-settings.js';

/** As the protocol has them. Throws for an address where the agent takes programs only, which all do. */
export function sessionServers(servers: readonly BridgeServer[], takesHttp: boolean): McpServer[] {
  return servers.map((server): McpServer => {
    if (!('url' in server)) {
      const env = Object.entries(server.env).map(([name, value]) => ({ name, value }));
      return { name: server.name, command: server.command, args: [...server.args], env };
    }
    if (!takesHttp) throw new Error(`it takes no MCP server by HTTP, as "${server.name}" is one`);
    return { type: 'http', name: server.name, url: server.url, headers: [] };
  });
}
