import { describe, expect, it } from '@jest/globals';
import { agentCalls, NoSuchTool } from './agent-tools.js';
import type { ModelRequest } from './model-protocol.js';
import type { ScriptedTool } from './scenario.js';

const TOOLS = {
  codex: ['exec_command', 'write_stdin'],
  codexInJavaScript: ['exec', 'wait'],
  codexWithPatches: ['exec_command', 'apply_patch'],
  claude: ['Bash', 'Edit', 'Read', 'Write'],
  claudeBare: ['Bash', 'Edit', 'Read'],
  opencode: ['bash', 'edit', 'read', 'write', 'todowrite'],
  gemini: ['read_file', 'replace', 'write_file', 'run_shell_command', 'write_todos'],
};

function requestOf(agent: keyof typeof TOOLS, system = ''): ModelRequest {
  const tools = new Map(TOOLS[agent].map((name) => [name, 'function' as const]));
  return { model: 'm', stream: true, history: [], system, tools };
}

const callsOf = (agent: keyof typeof TOOLS, tool: ScriptedTool, system = '', workspace?: string) =>
  agentCalls(tool, requestOf(agent, system), workspace).map(({ name, input }) => [name, input]);

const shell: ScriptedTool = { tool: 'shell', command: 'ls' };
const write: ScriptedTool = { tool: 'write_file', path: 'a.txt', content: 'x\ny\n' };
const edit: ScriptedTool = { tool: 'edit_file', path: 'a.txt', old: 'x', new: 'z\nw' };
const plan: ScriptedTool = { tool: 'plan', items: [{ text: 'look', status: 'pending' }] };

describe('agentCalls', () => {
  it('runs a command by the agent’s own tool', () => {
    expect(callsOf('codex', shell)).toEqual([['exec_command', { cmd: 'ls', yield_time_ms: 30_000 }]]);
    expect(callsOf('claude', shell)).toMatchObject([['Bash', { command: 'ls' }]]);
    expect(callsOf('opencode', shell)).toMatchObject([['bash', { command: 'ls' }]]);
    expect(callsOf('gemini', shell)).toMatchObject([['run_shell_command', { command: 'ls' }]]);
  });

  it('writes a file', () => {
    const patch = '*** Begin Patch\n*** Add File: a.txt\n+x\n+y\n*** End Patch\n';

    expect(callsOf('codexWithPatches', write)).toEqual([['apply_patch', patch]]);
    expect(callsOf('codex', write)).toEqual([
      ['exec_command', { cmd: `apply_patch <<'HEDDLE_SCRIPT'\n${patch}HEDDLE_SCRIPT\n` }],
    ]);
    expect(callsOf('claude', write)).toEqual([['Write', { file_path: 'a.txt', content: 'x\ny\n' }]]);
    expect(callsOf('claudeBare', write)).toEqual([
      ['Edit', { file_path: 'a.txt', old_string: '', new_string: 'x\ny\n' }],
    ]);
    expect(callsOf('opencode', write)).toEqual([['write', { filePath: 'a.txt', content: 'x\ny\n' }]]);
    expect(callsOf('gemini', write)).toEqual([['write_file', { file_path: 'a.txt', content: 'x\ny\n' }]]);
  });

  it('edits lines; Claude Code reads them first', () => {
    expect(callsOf('codexWithPatches', edit)).toEqual([
      ['apply_patch', '*** Begin Patch\n*** Update File: a.txt\n@@\n-x\n+z\n+w\n*** End Patch\n'],
    ]);
    expect(callsOf('claude', edit)).toEqual([
      ['Read', { file_path: 'a.txt' }],
      ['Edit', { file_path: 'a.txt', old_string: 'x', new_string: 'z\nw' }],
    ]);
    expect(callsOf('opencode', edit)).toEqual([['edit', { filePath: 'a.txt', oldString: 'x', newString: 'z\nw' }]]);
    expect(callsOf('gemini', edit)).toMatchObject([
      ['replace', { file_path: 'a.txt', old_string: 'x', new_string: 'z\nw' }],
    ]);
  });

  it('makes paths absolute by what the agent says of its directory, else by the scenario', () => {
    const words = 'Environment\n - Primary working directory: /work space/here\n - Is a git repository: true';

    expect(callsOf('claude', write, words)).toMatchObject([['Write', { file_path: '/work space/here/a.txt' }]]);
    expect(callsOf('opencode', write, '<env>\n  Working directory: /here\n')).toMatchObject([
      ['write', { filePath: '/here/a.txt' }],
    ]);
    expect(callsOf('claude', write, '', '/workspace')).toMatchObject([['Write', { file_path: '/workspace/a.txt' }]]);
    expect(callsOf('claude', { ...write, path: '/etc/a' }, words)).toMatchObject([['Write', { file_path: '/etc/a' }]]);
  });

  it('calls a tool of an MCP server by the name that the agent made of it, or in its group', () => {
    const callOf = (...offered: string[]) => {
      const tools = new Map(offered.map((name) => [name, 'function' as const]));
      const tool = { tool: 'mcp', server: 'notes', name: 'note', arguments: { text: 'x' } } as const;
      return agentCalls(tool, { model: 'm', stream: true, history: [], system: '', tools })[0];
    };
    expect(callOf('note', 'mcp__notes.note')).toEqual({ name: 'note', namespace: 'mcp__notes', input: { text: 'x' } });
    expect(callOf('mcp__notes__note')).toMatchObject({ name: 'mcp__notes__note' });
    expect(callOf('mcp_notes_note')).toMatchObject({ name: 'mcp_notes_note' });
    expect(callOf('notes_note')).toMatchObject({ name: 'notes_note' });
    expect(() => callOf('note')).toThrow(NoSuchTool);
  });

  it('plans where the agent has a tool for it, and says when it has none', () => {
    expect(callsOf('gemini', plan)).toEqual([['write_todos', { todos: [{ description: 'look', status: 'pending' }] }]]);
    expect(callsOf('opencode', plan)).toMatchObject([
      ['todowrite', { todos: [{ content: 'look', status: 'pending' }] }],
    ]);
    expect(() => callsOf('codex', plan)).toThrow(NoSuchTool);
    expect(() => callsOf('codex', plan)).toThrow(/offers exec_command, write_stdin/);
  });

  it('wraps the calls for codex where it offers one tool that runs JavaScript', () => {
    const inputOf = (tool: ScriptedTool) => agentCalls(tool, requestOf('codexInJavaScript'));

    expect(inputOf(shell)).toEqual([
      {
        name: 'exec',
        namespace: 'functions',
        input: 'text(await tools.exec_command({"cmd":"ls","yield_time_ms":30000}));',
      },
    ]);
    expect(inputOf(write)[0]?.input).toBe(
      String.raw`text(await tools.apply_patch("*** Begin Patch\n*** Add File: a.txt\n+x\n+y\n*** End Patch\n"));`,
    );
    expect(inputOf(edit)[0]?.input).toMatch(
      /^text\(await tools\.apply_patch\("\*\*\* Begin Patch\\n\*\*\* Update File/,
    );
  });

  it('passes a raw call as it is, also of a tool that nobody offers', () => {
    expect(callsOf('codex', { tool: 'raw', name: 'no_such_tool', arguments: { a: 1 } })).toEqual([
      ['no_such_tool', { a: 1 }],
    ]);
    expect(callsOf('codex', { tool: 'raw', name: 'free', input: 'text' })).toEqual([['free', 'text']]);
  });
});
