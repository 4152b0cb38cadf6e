import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EnvironmentSetup, LogLine_Phase } from '@heddle/contracts';
import type { SandboxSpec } from '@heddle/contracts/internal';
import type { ChecksResult, ProvisionResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { capture } from '../runner/phases/capture.phase.js';
import { provision } from '../runner/phases/provision.phase.js';
import { release } from '../runner/phases/release.phase.js';
import { runChecks } from '../runner/phases/run-checks.phase.js';
import { runTurn } from '../runner/phases/run-turn.phase.js';
import { RunnerHarness } from './runner-harness.js';

const run = promisify(execFile);

const REPOSITORY = `printf 'node_modules/\\nout\\n' > .gitignore; echo lock-1 > package-lock.json; mkdir src; echo one > src/one.txt; printf 'out: src/one.txt\\n\\tcp src/one.txt out\\n' > Makefile`;

export const INSTALL =
  'mkdir -p node_modules/lib ~/.cache; cp package-lock.json node_modules/lib/made-of; echo kept > ~/.cache/kept; echo "installed $(cat package-lock.json)"';

/** A set-up that ends only when a test lets it. */
export const WAIT =
  'mkdir node_modules; echo waiting; while [ ! -e node_modules/go ]; do sleep 0.05; done; rm -f node_modules/go';

export const LOOK = 'cat node_modules/lib/made-of ~/.cache/kept; git status --porcelain';

export type SpecOf = Partial<Omit<SandboxSpec, 'limits'>>;

/** Attempts on a repository whose environments have set-ups. */
export class SetupAttempts {
  private environments = 0;

  private constructor(
    readonly harness: RunnerHarness,
    private readonly work: string,
  ) {}

  static async start(directory: string): Promise<SetupAttempts> {
    return new SetupAttempts(await RunnerHarness.start(directory, REPOSITORY), join(directory, 'work'));
  }

  /** One of its own, so that no test uses what another left. */
  environment(setup: Partial<EnvironmentSetup>): SpecOf {
    this.environments += 1;
    return {
      environmentId: `env-${String(this.environments)}`,
      trustedBase: true,
      cacheEpoch: '0',
      setup: { ...EnvironmentSetup.create(), script: INSTALL, ...setup },
    };
  }

  /** One more commit of the repository, by a shell script in its work tree. */
  async commit(script: string): Promise<string> {
    const git = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
    await run('/bin/bash', ['-ec', script], { cwd: this.work });
    await run('git', [...git, 'add', '-A'], { cwd: this.work });
    await run('git', [...git, 'commit', '-q', '-m', 'next'], { cwd: this.work });
    const id = (await run('git', ['rev-parse', 'HEAD'], { cwd: this.work })).stdout.trim();
    await this.harness.store.importFrom(join(this.work, '.git'), id);
    return id;
  }

  attempt(id: string, script: string, spec: SpecOf): SandboxOwnerRef {
    return this.harness.attempt(id, ['bash', '-c', script], spec);
  }

  job(id: string, spec: SpecOf): SandboxOwnerRef {
    return { ...this.harness.attempt(id, [], spec), kind: 'JOB' };
  }

  made(owner: SandboxOwnerRef): Promise<ProvisionResult> {
    return provision(this.harness.context, owner, this.harness.signal);
  }

  /** Runs the agent of a sandbox that was made, to the end of its log; what it printed. */
  async turnOf(owner: SandboxOwnerRef): Promise<string[]> {
    const { exitCode } = await runTurn(this.harness.context, owner, 1, this.harness.signal);
    await this.released(owner);
    const lines = this.linesOf(owner, LogLine_Phase.AGENT);
    if (exitCode !== 0) throw new Error(`the agent ended with ${String(exitCode)}: ${lines.join(' ')}`);
    return lines;
  }

  /** A whole attempt with its checks. */
  async checked(owner: SandboxOwnerRef): Promise<ChecksResult> {
    const { context, signal } = this.harness;
    await this.made(owner);
    const turn = await runTurn(context, owner, 1, signal);
    if (turn.exitCode !== 0) throw new Error(`the agent ended with ${String(turn.exitCode)}`);
    const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
    const result = await runChecks(context, { owner, turn: 1, commit }, signal);
    await this.released(owner);
    return result;
  }

  async released(owner: SandboxOwnerRef): Promise<void> {
    await release(this.harness.context, owner);
    await this.harness.until(() => this.harness.publisher.hasEnded(owner.id));
  }

  setupLog(owner: SandboxOwnerRef): string {
    return this.linesOf(owner, LogLine_Phase.SETUP).join('\n');
  }

  isBuilding(owner: SandboxOwnerRef): boolean {
    return this.setupLog(owner).split('\n').includes('waiting');
  }

  isWaiting(owner: SandboxOwnerRef): boolean {
    return this.setupLog(owner).includes('waits for the set-up that runs in');
  }

  /** Ends `WAIT`. */
  async letGo(builder: SandboxOwnerRef): Promise<void> {
    const sandbox = await this.harness.context.sandboxes.get(builder);
    await run('touch', [join(sandbox.directory.path, 'setup-agent', 'merged', 'node_modules', 'go')]);
  }

  private linesOf(owner: SandboxOwnerRef, phase: LogLine_Phase): string[] {
    return this.harness.publisher.lines(owner.id).flatMap((line) => (line.phase === phase ? [line.text] : []));
  }
}
