import type { AgentSpec, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';

const HTTPS = 443;

/**
 * Servers of an agent that its sandbox would not reach: better said now than in its log. What may be asked of their hosts, and what
 * presets allow, is the egress' matter alone.
 * @param field path of the agent in the request
 */
export function unreachableServers(
  { mcpServers }: Pick<AgentSpec, 'mcpServers'>,
  network: NetworkPolicy | null | undefined,
  field: string,
): FieldViolation[] {
  return mcpServers.flatMap(({ url }, index) => {
    if (url === '') return [];
    const { hostname, port, protocol } = new URL(url);
    const wanted = port === '' ? (protocol === 'https:' ? HTTPS : 80) : Number(port);
    if (network?.agent.some((rule) => allows(rule, hostname, wanted)) === true) return [];
    const description = `is on ${hostname}:${String(wanted)}, which the environment's network.agent does not allow`;
    return [{ field: `${field}.mcp_servers[${String(index)}].url`, description }];
  });
}

function allows({ host, ports }: NetworkRule, hostname: string, port: number): boolean {
  const isHost = host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : host === hostname;
  return isHost && (ports.length === 0 ? port === HTTPS : ports.includes(port));
}
