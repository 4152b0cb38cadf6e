import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AGENT_KINDS } from '@heddle/domain';
import { AGENT_TOOLS, agentTool, toolCommand, type AgentTool } from './agent-tools.js';
import { defaultVersion, isToolVersion, versionIn, type ToolState, type WantedVersion } from './tool-version.js';

const codex = agentTool('CODEX') as AgentTool;
const opencode = agentTool('OPENCODE') as AgentTool;

describe('the catalogue of agents’ programs', () => {
  it.each(AGENT_TOOLS)(
    'has of $kind the version that its lock file pins',
    ({ kind, folder, package: name, pinned }) => {
      expect(AGENT_KINDS.map((known) => known.kind)).toContain(kind);
      const read = (file: string): unknown =>
        JSON.parse(readFileSync(new URL(`../../../../deploy/agents/${folder}/${file}`, import.meta.url), 'utf8'));
      expect(read('package.json')).toMatchObject({ dependencies: { [name]: pinned } });
      const { packages } = read('package-lock.json') as { packages: Record<string, { version: string }> };
      expect(packages[`node_modules/${name}`]).toMatchObject({ version: pinned });
      for (const [path, entry] of Object.entries(packages)) {
        // Whoever installs it has a registry of his own, and what comes from there has to be this.
        if (path !== '') expect(entry).toMatchObject({ integrity: expect.stringMatching(/^sha512-/) });
        expect(entry).not.toHaveProperty('resolved');
      }
    },
  );

  it('has none of a kind whose program is somebody else’s', () => {
    expect(agentTool('COMMAND')).toBeUndefined();
  });

  it('starts JavaScript by the given Node, native programs by themselves', () => {
    const places = { tools: '/t', node: '/n/node' };
    expect(toolCommand(codex, places)).toEqual(['/n/node', '/t/node_modules/.bin/codex']);
    expect(toolCommand(opencode, places)).toEqual(['/t/node_modules/.bin/opencode']);
  });

  it('knows which build runs on a processor', () => {
    const packages = (arch: string, isMusl: boolean, hasAvx2: boolean) =>
      opencode.native?.packages({ arch, isMusl, hasAvx2 });
    expect(packages('x64', false, true)).toEqual(['opencode-linux-x64', 'opencode-linux-x64-baseline']);
    expect(packages('x64', true, false)).toEqual(['opencode-linux-x64-baseline-musl']);
    expect(packages('arm64', false, false)).toEqual(['opencode-linux-arm64']);
  });
});

describe('versions of agents’ programs', () => {
  it.each(['0.169.0', '2.1.330', '1.0.0-beta.2'])('%s is one', (text) => {
    expect(isToolVersion(text)).toBe(true);
  });

  it.each(['', '1.2', 'latest', '^1.0.0', '1.0.0 ', '../1.0.0', '1.0.0/..', 'v1.0.0', '1.0.0-', '1.0.0\n'])(
    '%j is none',
    (text) => {
      expect(isToolVersion(text)).toBe(false);
    },
  );

  it('finds it in what the programs print', () => {
    expect(versionIn('codex-cli 0.169.0\n')).toBe('0.169.0');
    expect(versionIn('2.1.330 (Claude Code)\n')).toBe('2.1.330');
    expect(versionIn('command not found')).toBeUndefined();
  });

  const all = (state: ToolState, ...versions: string[]): WantedVersion[] =>
    versions.map((version) => ({ version, state }));

  it('a task without one gets the newest release that is ready, by number', () => {
    expect(defaultVersion(codex, all('READY', '0.9.0', '0.10.0', '0.11.0-alpha.1'))).toBe('0.10.0');
    expect(defaultVersion(codex, all('READY', '1.0.0-alpha'))).toBe(codex.pinned);
    expect(defaultVersion(codex, [])).toBe(codex.pinned);
  });

  it('one that is not ready counts only where no other is, and one that failed last of all', () => {
    const failed = all('FAILED', '9.0.0', '10.0.0');
    const pending = all('PENDING', '8.0.0');
    expect(defaultVersion(codex, [...all('READY', '0.9.0'), ...pending, ...failed])).toBe('0.9.0');
    expect(defaultVersion(codex, [...failed, ...pending])).toBe('8.0.0');
    expect(defaultVersion(codex, failed)).toBe('10.0.0');
  });
});
