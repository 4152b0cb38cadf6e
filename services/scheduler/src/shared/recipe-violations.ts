import { agentAdapter, agentTool, isToolVersion } from '@heddle/agents';
import type { AgentSpec, Check } from '@heddle/contracts';
import { AGENT_KINDS, agentKindViolation, HeddleError, type FieldViolation } from '@heddle/domain';
import { durationMs } from '@heddle/platform/waiting';

const DAY_MS = 24 * 3_600_000;
const MAX_CHECKS = 50;
const MAX_ARGUMENTS = 1_000;
/** The kernel refuses a longer single argument. */
const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

export function variableViolations(variables: Record<string, string>, field: string): FieldViolation[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    const at = `${field}.${name}`;
    if (!isVariableName(name))
      return [{ field: at, description: 'must be a name of a variable that does not begin with HEDDLE_' }];
    if (Buffer.byteLength(value) > MAX_ARGUMENT_BYTES || value.includes('\0'))
      return [{ field: at, description: 'must be less than 128 KiB, without NUL' }];
    return [];
  });
}

/** A name that a user may give to a variable of a sandbox. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !name.startsWith('HEDDLE_');
}

export function checkViolations(checks: readonly Check[], field: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (checks.length > MAX_CHECKS) violations.push({ field, description: `must be at most ${String(MAX_CHECKS)}` });
  const names = new Set<string>();
  checks.forEach((check, index) => {
    const at = `${field}[${String(index)}]`;
    if (!/^[\w .:/-]{1,100}$/.test(check.name))
      violations.push({ field: `${at}.name`, description: 'must be 1 to 100 plain characters' });
    if (names.has(check.name)) violations.push({ field: `${at}.name`, description: `is used twice: ${check.name}` });
    names.add(check.name);
    violations.push(...commandViolations(check.command, `${at}.command`));
    if (check.timeout !== undefined && !withinDay(durationMs(check.timeout))) {
      violations.push({ field: `${at}.timeout`, description: 'must be more than 0 and at most 24 hours' });
    }
  });
  return violations;
}

/** @throws HeddleError NOT_AVAILABLE for a kind that is not built yet */
export function agentViolations(agent: AgentSpec, field: string): FieldViolation[] {
  const unknown = agentKindViolation(agent.kind, field);
  if (unknown !== undefined) return [unknown];
  if (AGENT_KINDS.some(({ kind, available }) => kind === agent.kind && !available)) {
    throw new HeddleError(
      'NOT_AVAILABLE',
      `Agents of kind ${agent.kind} are not available yet; COMMAND runs any program`,
      {
        metadata: { field: `${field}.kind`, kind: agent.kind },
      },
    );
  }
  if (agentTool(agent.kind) !== undefined && agent.version !== '' && !isToolVersion(agent.version))
    return [{ field: `${field}.version`, description: 'must be one version, without a range: 1.2.3' }];
  const violations = agent.kind === 'COMMAND' ? commandViolations(agent.command, `${field}.command`) : [];
  return violations.length > 0 ? violations : adapterViolations(agent, field);
}

/** What the adapter would refuse when the agent is to start: better now. */
function adapterViolations(agent: AgentSpec, field: string): FieldViolation[] {
  try {
    agentAdapter(agent.kind).validate(agent);
    return [];
  } catch (error) {
    if (!HeddleError.is(error) || error.reason !== 'FIELD_INVALID') throw error;
    return error.violations.map((fault) => ({ ...fault, field: fault.field.replace(/^agent\b/, field) }));
  }
}

export function commandViolations(command: readonly string[], field: string): FieldViolation[] {
  if (command.length === 0 || command[0] === '')
    return [{ field, description: 'is required: a program and its arguments' }];
  if (command.length > MAX_ARGUMENTS)
    return [{ field, description: `must have at most ${String(MAX_ARGUMENTS)} arguments` }];
  return command.flatMap((argument, index) =>
    Buffer.byteLength(argument) > MAX_ARGUMENT_BYTES || argument.includes('\0')
      ? [{ field: `${field}[${String(index)}]`, description: 'must be less than 128 KiB, without NUL' }]
      : [],
  );
}

function withinDay(milliseconds: number): boolean {
  return milliseconds > 0 && milliseconds <= DAY_MS;
}
