import type { NetworkRule } from '@heddle/contracts';
import type { EgressCredential, EgressGrant, EgressRule } from '@heddle/egress';
import type { ModelRoute } from './model-access.js';
import type { PresetAccess, Presets } from './presets/presets.js';

/** What a box may reach, and what its programs must be told for it. */
export interface EgressPlan {
  readonly grant: EgressGrant;
  /** Without any secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Without any secret, by their place inside. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Rules and presets of an environment as one grant.
 * @param model what the agent reaches its model by; of several headers of one name on a request its own counts
 * @param privateHosts those that the runner's operator lets have private addresses
 */
export async function planEgress(
  rules: readonly NetworkRule[],
  credentials: readonly EgressCredential[],
  presets: Presets,
  privateHosts: readonly string[],
  model?: ModelRoute,
): Promise<EgressPlan> {
  const named = rules.filter(({ preset }) => preset !== '').map(({ preset }) => preset);
  const access: PresetAccess[] = await Promise.all([...new Set(named)].map((preset) => presets.access(preset)));
  return {
    grant: {
      rules: [
        ...rules.filter(({ preset }) => preset === '').map(toRule),
        ...access.flatMap((one) => one.rules),
        ...(model === undefined ? [] : [model.rule]),
      ],
      credentials: [
        ...credentials,
        ...access.flatMap((one) => one.credentials),
        ...(model === undefined ? [] : [model.credential]),
      ],
      privateHosts: [...privateHosts, ...access.flatMap((one) => one.privateHosts)],
    },
    environment: merged(access.map((one) => one.environment)),
    files: merged(access.map((one) => one.files)),
  };
}

function merged(parts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

function toRule({ host, ports, methods, pathPrefix }: NetworkRule): EgressRule {
  return { host, ports, methods, pathPrefix };
}
