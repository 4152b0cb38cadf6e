import type { ModelRequest } from './model-protocol.js';
import type { ScriptedTool } from './scenario.js';
import { workspaceOf } from './agent-workspace.js';

/** A call by the agent's own name of the tool, with its own arguments. */
export interface AgentCall {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly input: Readonly<Record<string, unknown>> | string;
}

/** The request offers no tool that the script's call could be. */
export class NoSuchTool extends Error {}

type Named<Name extends ScriptedTool['tool']> = Extract<ScriptedTool, { tool: Name }>;
type Absolute = (path: string) => string;

/** How an agent takes a scripted call: it is the agent meant if all the tools named first are on offer. */
interface Way<Tool> {
  readonly agent: string;
  readonly needs: readonly string[];
  readonly calls: (tool: Tool, absolute: Absolute) => readonly AgentCall[];
}

type Ways = { readonly [Name in Exclude<ScriptedTool['tool'], 'raw' | 'mcp'>]: readonly Way<Named<Name>>[] };

const call = (name: string, input: AgentCall['input']): AgentCall => ({ name, input });
const one =
  <Tool>(name: string, input: (tool: Tool, absolute: Absolute) => AgentCall['input']): Way<Tool>['calls'] =>
  (tool, absolute) => [call(name, input(tool, absolute))];

/** Some models get one tool of codex that runs JavaScript, and in it the others. */
const IN_JAVASCRIPT = { agent: 'codex, for models that it gives one tool for all', needs: ['exec'] };
const inJavaScript =
  <Tool>(name: string, input: (tool: Tool) => AgentCall['input']): Way<Tool>['calls'] =>
  (tool) => [
    { name: 'exec', namespace: 'functions', input: `text(await tools.${name}(${JSON.stringify(input(tool))}));` },
  ];

const WAYS: Ways = {
  shell: [
    { ...IN_JAVASCRIPT, calls: inJavaScript('exec_command', ({ command }) => longCommand(command)) },
    {
      agent: 'codex',
      needs: ['exec_command'],
      calls: one('exec_command', ({ command }) => longCommand(command)),
    },
    {
      agent: 'claude-code',
      needs: ['Bash'],
      calls: one('Bash', ({ command }) => ({ command, description: 'Runs a scripted command' })),
    },
    {
      agent: 'opencode',
      needs: ['bash'],
      calls: one('bash', ({ command }) => ({ command, description: 'Runs a scripted command' })),
    },
    {
      agent: 'gemini',
      needs: ['run_shell_command'],
      calls: one('run_shell_command', ({ command }) => ({ command, description: 'Runs a scripted command' })),
    },
  ],
  read_file: [
    {
      agent: 'claude-code',
      needs: ['Read'],
      calls: one('Read', ({ path }, absolute) => ({ file_path: absolute(path) })),
    },
    { agent: 'gemini', needs: ['read_file'], calls: one('read_file', ({ path }) => ({ file_path: path })) },
    { agent: 'opencode', needs: ['read'], calls: one('read', ({ path }, absolute) => ({ filePath: absolute(path) })) },
    {
      agent: 'codex',
      needs: ['exec_command'],
      calls: one('exec_command', ({ path }) => catCommand(path)),
    },
    { ...IN_JAVASCRIPT, calls: inJavaScript('exec_command', ({ path }) => catCommand(path)) },
  ],
  write_file: [
    { ...IN_JAVASCRIPT, calls: inJavaScript('apply_patch', (tool) => addPatch(tool)) },
    {
      agent: 'codex, for models that it gives apply_patch',
      needs: ['exec_command', 'apply_patch'],
      calls: one('apply_patch', (tool) => addPatch(tool)),
    },
    {
      agent: 'codex',
      needs: ['exec_command'],
      calls: one('exec_command', (tool) => ({ cmd: patchCommand(addPatch(tool)) })),
    },
    {
      agent: 'claude-code',
      needs: ['Write'],
      calls: one('Write', ({ path, content }, absolute) => ({ file_path: absolute(path), content })),
    },
    {
      // It has no other way to make a file, but won't replace one like this.
      agent: 'claude-code --bare',
      needs: ['Edit'],
      calls: one('Edit', ({ path, content }, absolute) => ({
        file_path: absolute(path),
        old_string: '',
        new_string: content,
      })),
    },
    {
      agent: 'gemini',
      needs: ['write_file'],
      calls: one('write_file', ({ path, content }) => ({ file_path: path, content })),
    },
    {
      agent: 'opencode',
      needs: ['write'],
      calls: one('write', ({ path, content }, absolute) => ({ filePath: absolute(path), content })),
    },
  ],
  edit_file: [
    { ...IN_JAVASCRIPT, calls: inJavaScript('apply_patch', (tool) => updatePatch(tool)) },
    {
      agent: 'codex, for models that it gives apply_patch',
      needs: ['exec_command', 'apply_patch'],
      calls: one('apply_patch', (tool) => updatePatch(tool)),
    },
    {
      agent: 'codex',
      needs: ['exec_command'],
      calls: one('exec_command', (tool) => ({ cmd: patchCommand(updatePatch(tool)) })),
    },
    {
      // It refuses to edit what it hasn't read.
      agent: 'claude-code',
      needs: ['Edit', 'Read'],
      calls: ({ path, old, new: replacement }, absolute) => [
        call('Read', { file_path: absolute(path) }),
        call('Edit', { file_path: absolute(path), old_string: old, new_string: replacement }),
      ],
    },
    {
      agent: 'gemini',
      needs: ['replace'],
      calls: one('replace', ({ path, old, new: replacement }) => ({
        file_path: path,
        instruction: 'Replaces scripted lines',
        old_string: old,
        new_string: replacement,
      })),
    },
    {
      agent: 'opencode',
      needs: ['edit'],
      calls: one('edit', ({ path, old, new: replacement }, absolute) => ({
        filePath: absolute(path),
        oldString: old,
        newString: replacement,
      })),
    },
  ],
  // Codex and Claude Code offer no tool for it when they run without a terminal.
  plan: [
    {
      agent: 'opencode',
      needs: ['todowrite'],
      calls: one('todowrite', ({ items }) => ({
        todos: items.map(({ text, status }, index) => ({ id: `${index}`, content: text, status, priority: 'medium' })),
      })),
    },
    {
      agent: 'gemini',
      needs: ['write_todos'],
      calls: one('write_todos', ({ items }) => ({
        todos: items.map(({ text, status }) => ({ description: text, status })),
      })),
    },
  ],
};

/** The calls that a scripted one is for the agent that offers these tools. Throws NoSuchTool. */
export function agentCalls(tool: ScriptedTool, request: ModelRequest, workspace?: string): readonly AgentCall[] {
  if (tool.tool === 'raw') {
    const { name, namespace, arguments: object, input } = tool;
    return [{ name, namespace, input: input ?? object ?? {} }];
  }
  if (tool.tool === 'mcp') return [serverCall(tool, request)];
  const absolute: Absolute = (path) => {
    const directory = path.startsWith('/') ? undefined : (workspaceOf(request) ?? workspace);
    return directory === undefined ? path : `${directory}/${path}`;
  };
  const ways = WAYS[tool.tool] as readonly Way<ScriptedTool>[];
  const way = ways.find(({ needs }) => needs.every((name) => request.tools.has(name)));
  if (way) return way.calls(tool, absolute);
  const wanted = ways.map(({ needs }) => needs.join('+')).join(', ');
  throw new NoSuchTool(
    `The script has a ${tool.tool}, for which one of ${wanted} is needed; ` +
      `this request offers ${[...request.tools.keys()].join(', ') || 'none'}. Use a raw tool.`,
  );
}

/** Agents make one name of the server's and its tool's, or a group of all tools of a server. */
function serverCall({ server, name, arguments: input = {} }: Named<'mcp'>, { tools }: ModelRequest): AgentCall {
  const [group, ...names] = [`mcp__${server}`, `mcp__${server}__${name}`, `mcp_${server}_${name}`, `${server}_${name}`];
  if (tools.has(`${group}.${name}`)) return { name, namespace: group, input };
  const known = names.find((each) => tools.has(each));
  if (known !== undefined) return { name: known, input };
  throw new NoSuchTool(
    `The script calls ${name} of the MCP server ${server}; this request offers ${[...tools.keys()].join(', ') || 'none'}.`,
  );
}

/** It leaves a command behind that takes longer; this is the most that it takes. */
function longCommand(command: string): { cmd: string; yield_time_ms: number } {
  return { cmd: command, yield_time_ms: 30_000 };
}

function catCommand(path: string): { cmd: string } {
  return { cmd: `cat -- ${shellQuoted(path)}` };
}

function addPatch({ path, content }: Named<'write_file'>): string {
  return patch(`*** Add File: ${path}`, prefixed('+', content));
}

function updatePatch({ path, old, new: replacement }: Named<'edit_file'>): string {
  const added = replacement === '' ? '' : prefixed('+', replacement);
  return patch(`*** Update File: ${path}`, `@@\n${prefixed('-', old)}${added}`);
}

function patch(header: string, body: string): string {
  return `*** Begin Patch\n${header}\n${body}*** End Patch\n`;
}

/** Codex sees to such a command itself: it is an edit, not a program. */
function patchCommand(content: string): string {
  return `apply_patch <<'HEDDLE_SCRIPT'\n${content}HEDDLE_SCRIPT\n`;
}

function prefixed(sign: string, content: string): string {
  return content
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `${sign}${line}\n`)
    .join('');
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
