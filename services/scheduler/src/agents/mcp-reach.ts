import type { McpServer, NetworkPolicy, NetworkRule } from '@heddle/contracts';

const HTTPS = 443;

/**
 * What is wrong with a server that the sandbox would not reach; undefined for any other. Better said before than in the agent's log. What
 * may be asked of its host, and what presets allow, is the egress' matter alone.
 */
export function reachFault({ url }: McpServer, network: NetworkPolicy | null | undefined): string | undefined {
  if (url === '') return undefined;
  const { hostname, port, protocol } = new URL(url);
  const wanted = port === '' ? (protocol === 'https:' ? HTTPS : 80) : Number(port);
  if (network?.agent.some((rule) => allows(rule, hostname, wanted)) === true) return undefined;
  return `is on ${hostname}:${String(wanted)}, which the environment's network.agent does not allow`;
}

function allows({ host, ports }: NetworkRule, hostname: string, port: number): boolean {
  const isHost = host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : host === hostname;
  return isHost && (ports.length === 0 ? port === HTTPS : ports.includes(port));
}
