import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const FIXTURES = 'tests/fixtures/boundaries';

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Each bad example, and the rule that must reject it. */
const REJECTED: readonly (readonly [file: string, rule: string])[] = [
  ['services/gateway/src/imports-a-service-by-path.ts', 'gateway-imports-no-other-service'],
  ['services/gateway/src/imports-a-service-by-path.ts', 'no-way-in-but-the-front-door'],
  ['services/gateway/src/imports-a-client.ts', 'services-import-no-client'],
  ['services/scheduler/src/imports-the-launcher.ts', 'services-import-no-launcher'],
  ['clients/cli/src/imports-the-platform.ts', 'clients-use-the-public-api'],
  ['libs/domain/src/reads-a-file.ts', 'domain-without-packages'],
  ['libs/domain/src/imports-contracts.ts', 'domain-is-pure'],
  ['libs/contracts/src/imports-the-platform.ts', 'contracts-know-nobody'],
  ['libs/workflows/src/imports-nest.ts', 'workflows-without-packages'],
  ['libs/workflows/src/uses-node.ts', 'workflows-without-packages'],
  ['libs/workflows/src/imports-the-platform.ts', 'workflows-know-contracts-and-domain'],
  ['libs/workflows/src/imports-the-json-contracts.ts', 'workflows-see-workflow-contracts-only'],
  ['libs/git/src/imports-the-platform.ts', 'git-imports-no-service'],
  ['libs/platform/src/uses-a-test-helper.ts', 'testing-is-for-tests'],
  ['services/sandbox-runner/src/weakens-a-sandbox.ts', 'testing-is-for-tests'],
  ['libs/platform/src/imports-nothing.ts', 'everything-resolves'],
  ['libs/platform/src/a/one.ts', 'no-cycles'],
];

describe('the boundary check', () => {
  let violations: readonly Violation[] = [];

  beforeAll(async () => {
    violations = await cruise(FIXTURES);
  });

  it.each(REJECTED)('rejects %s by %s', (file, rule) => {
    const broken = violations
      .filter(({ from }) => from === `${FIXTURES}/${file}`)
      .map((violation) => violation.rule.name);
    expect(broken).toContain(rule);
  });

  it('rejects one service in another by name, which is not even found', () => {
    const file = `${FIXTURES}/services/gateway/src/imports-a-service-by-name.ts`;
    expect(violations.some(({ from }) => from === file)).toBe(true);
  });
});

describe('the lint rules for workflows', () => {
  it('reject what a replay could see differently', async () => {
    const files = ['imports-nest.ts', 'uses-node.ts'].map((file) => `${FIXTURES}/libs/workflows/src/${file}`);
    for (const rules of await lintAsWorkflow(files))
      expect(rules).toContain('@typescript-eslint/no-restricted-imports');
  });
});

async function cruise(folder: string): Promise<readonly Violation[]> {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', folder];
  const { stdout } = await run('depcruise', args);
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

/** Checks files as if they stood in libs/workflows, because the rules are chosen by path. @returns each one's rules */
async function lintAsWorkflow(files: readonly string[]): Promise<string[][]> {
  const script = `
    import { readFileSync } from 'node:fs';
    import { ESLint } from 'eslint';
    const parserOptions = { projectService: { allowDefaultProject: ['libs/workflows/src/*.ts'] } };
    const eslint = new ESLint({ overrideConfig: { languageOptions: { parserOptions } } });
    const rules = [];
    for (const file of process.argv.slice(1)) {
      const [result] = await eslint.lintText(readFileSync(file, 'utf8'), { filePath: 'libs/workflows/src/bad-example.ts' });
      rules.push(result.messages.map(({ ruleId }) => ruleId));
    }
    console.log(JSON.stringify(rules));`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script, ...files]);
  return JSON.parse(stdout) as string[][];
}

/** These programs end with an exit code above 0 when they find something, which is what is wanted here. */
async function run(program: string, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await execute(`node_modules/.bin/${program}`, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    return error as { stdout: string };
  }
}
