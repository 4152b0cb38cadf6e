import type { NetworkPolicy, NetworkRule } from '@heddle/contracts';
import { isHostPattern, isNetworkPreset, NETWORK_PRESETS, type FieldViolation } from '@heddle/domain';

const MAX_RULES = 200;
const MAX_PORTS = 50;
const MAX_METHODS = 50;
const MAX_HOST_LIST = 50;

export function networkViolations(policy: NetworkPolicy | undefined, field: string): FieldViolation[] {
  if (policy === undefined) return [];
  return [...rulesViolations(policy.setup, `${field}.setup`), ...rulesViolations(policy.agent, `${field}.agent`)];
}

/** Where requests may go: hosts, and what may be asked of them. Shared by rules and by what a credential is put on. */
export function scopeViolations(
  scope: { readonly methods: readonly string[]; readonly pathPrefix: string },
  field: string,
): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (scope.methods.length > MAX_METHODS)
    violations.push({ field: `${field}methods`, description: `must be at most ${String(MAX_METHODS)}` });
  scope.methods.forEach((method, index) => {
    if (!/^[A-Z][A-Z0-9_-]{0,31}$/.test(method))
      violations.push({
        field: `${field}methods[${String(index)}]`,
        description: 'must be a method in upper case, for example GET',
      });
  });
  if (scope.pathPrefix !== '' && !isPathPrefix(scope.pathPrefix))
    violations.push({
      field: `${field}path_prefix`,
      description: 'must begin with / and be a plain path: no query, no escapes, no . or .. segment',
    });
  return violations;
}

export function hostsViolations(hosts: readonly string[], field: string): FieldViolation[] {
  if (hosts.length > MAX_HOST_LIST) return [{ field, description: `must be at most ${String(MAX_HOST_LIST)}` }];
  return hosts.flatMap((host, index) => hostViolations(host, `${field}[${String(index)}]`));
}

function rulesViolations(rules: readonly NetworkRule[], field: string): FieldViolation[] {
  if (rules.length > MAX_RULES) return [{ field, description: `must be at most ${String(MAX_RULES)} rules` }];
  return rules.flatMap((rule, index) => ruleViolations(rule, `${field}[${String(index)}]`));
}

function ruleViolations(rule: NetworkRule, field: string): FieldViolation[] {
  const { preset, host, ports } = rule;
  if ((preset === '') === (host === ''))
    return [{ field, description: 'must have either a preset or a host, and not both' }];
  if (preset !== '') return presetViolations(rule, field);
  const violations = hostViolations(host, `${field}.host`);
  if (ports.length > MAX_PORTS)
    violations.push({ field: `${field}.ports`, description: `must be at most ${String(MAX_PORTS)}` });
  ports.forEach((port, index) => {
    if (port < 1 || port > 65_535)
      violations.push({ field: `${field}.ports[${String(index)}]`, description: 'must be 1 to 65535' });
  });
  return [...violations, ...scopeViolations(rule, `${field}.`)];
}

function presetViolations({ preset, ports, methods, pathPrefix }: NetworkRule, field: string): FieldViolation[] {
  if (!isNetworkPreset(preset))
    return [{ field: `${field}.preset`, description: `must be one of ${Object.keys(NETWORK_PRESETS).join(', ')}` }];
  if (ports.length === 0 && methods.length === 0 && pathPrefix === '') return [];
  return [{ field, description: 'must have ports, methods and path_prefix with a host only: a preset has its own' }];
}

function hostViolations(host: string, field: string): FieldViolation[] {
  if (isHostPattern(host)) return [];
  return [
    {
      field,
      description:
        'must be a host name in lower case (punycode, no port, no address), or *. and a host name for all below it',
    },
  ];
}

/** A plain path that begins with a slash: one that every server reads in the same way. */
export function isPathPrefix(prefix: string): boolean {
  return /^\/[\x21-\x7e]{0,1023}$/.test(prefix) && !/[?#%\\;]/.test(prefix) && !/\/\.{1,2}(\/|$)/.test(prefix);
}
