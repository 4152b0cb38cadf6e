import type { AgentSpec } from '@heddle/contracts';
import { fieldInvalid, type FieldViolation, type ModelEndpoint, type ModelProvider } from '@heddle/domain';
import { mcpServerFaults } from './check-mcp-servers.js';
import { isConversationId } from './conversation-id.js';

const MODEL = /^[A-Za-z0-9][\w./:@+[\]-]{0,199}$/;

/** Of an option: it stands alone, takes any value, or one that says what is wrong with it. */
export type OptionRule = 'flag' | 'value' | ((value: string) => string | undefined);

export interface AgentRules {
  /** What a task may add to the command line, by its names; everything else is the platform's or unknown to it. */
  readonly options: Readonly<Record<string, OptionRule>>;
  /** Empty: it has no such setting. */
  readonly efforts: readonly string[];
  /** False: the platform can't tell it which model to use. */
  readonly choosesModel?: false;
  readonly needsModelName?: boolean;
  /** The task names the program. */
  readonly takesCommand?: boolean;
  readonly takesMcpServers?: boolean;
}

/** FIELD_INVALID for a specification that breaks the rules. */
export function checkAgent(agent: AgentSpec, rules: AgentRules): void {
  const faults: (FieldViolation | false)[] = [
    rules.takesCommand !== true &&
      agent.command.length > 0 && { field: 'agent.command', description: 'is for agents of kind COMMAND or ACP' },
    rules.choosesModel === false &&
      agent.model !== '' && { field: 'agent.model', description: 'can not be chosen: it is a setting of the agent' },
    agent.model !== '' && !MODEL.test(agent.model) && { field: 'agent.model', description: 'is no name of a model' },
    agent.model === '' &&
      rules.needsModelName === true && { field: 'agent.model', description: 'is needed: this agent has no default' },
    agent.effort !== '' &&
      !rules.efforts.includes(agent.effort) && {
        field: 'agent.effort',
        description: rules.efforts.length === 0 ? 'can not be chosen' : `must be one of ${rules.efforts.join(', ')}`,
      },
    ...argumentFaults(agent.args, rules.options),
    ...mcpServerFaults(agent.mcpServers, rules.takesMcpServers === true),
  ];
  const found = faults.filter((fault) => fault !== false);
  if (found.length > 0) throw fieldInvalid(found);
}

/** FIELD_INVALID for a kind whose program the task names, where it names none that could run. */
export function checkCommand({ command }: AgentSpec): void {
  if (command.length === 0 || command[0] === '')
    throw fieldInvalid([{ field: 'agent.command', description: 'names the program to run and its arguments' }]);
  if (command.some((word) => word.includes('\0')))
    throw fieldInvalid([{ field: 'agent.command', description: 'must not hold a NUL' }]);
}

/** FIELD_INVALID for a model that the program doesn't speak to, or an id that no such program gave. */
export function checkTurn(
  {
    model,
    conversationId,
  }: { readonly model?: ModelEndpoint | undefined; readonly conversationId?: string | undefined },
  providers: readonly ModelProvider[],
): void {
  if (model !== undefined && !providers.includes(model.provider)) {
    const description = `is for a model of ${model.provider}; this agent speaks to ${providers.join(', ')}`;
    throw fieldInvalid([{ field: 'agent.credentialId', description }]);
  }
  if (conversationId !== undefined && !isConversationId(conversationId)) {
    throw fieldInvalid([{ field: 'conversationId', description: 'is no id of a conversation' }]);
  }
}

function argumentFaults(args: readonly string[], options: AgentRules['options']): FieldViolation[] {
  const faults: FieldViolation[] = [];
  const refuse = (description: string): void => void faults.push({ field: 'agent.args', description });
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const [name = '', ...rest] = word.split('=');
    const rule = Object.hasOwn(options, name) ? options[name] : undefined;
    if (word.includes('\0')) refuse('must not hold a NUL');
    else if (rule === undefined) refuse(`${JSON.stringify(word.slice(0, 60))} is not one of ${names(options)}`);
    else if (rule === 'flag') {
      if (rest.length > 0) refuse(`${name} takes no value`);
    } else {
      const inWord = rest.length > 0 && name.startsWith('--');
      const value = inWord ? rest.join('=') : args[++at];
      const fault = rest.length > 0 && !inWord ? 'takes its value as a word of its own' : valueFault(value, rule);
      if (fault !== undefined) refuse(`${name} ${fault}`);
    }
  }
  return faults;
}

function valueFault(value: string | undefined, rule: Exclude<OptionRule, 'flag'>): string | undefined {
  if (value === undefined || value === '') return 'needs a value';
  if (value.includes('\0')) return 'must not hold a NUL';
  // Programs differ in whether they take it for the value or for the next option.
  if (value.startsWith('-')) return 'needs a value that does not begin with a dash';
  return rule === 'value' ? undefined : rule(value);
}

function names(options: AgentRules['options']): string {
  return Object.keys(options).join(', ');
}
