import { describe, expect, it } from '@jest/globals';
import { AgentSpec, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import { SandboxSpec, type ModelAccess } from '@heddle/contracts/internal';
import { createLogger } from '@heddle/platform/logging';
import { SandboxError, type BoxSpec } from '@heddle/sandbox';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SupervisorClient } from '../supervisor/supervisor-client.js';
import { RunnerEgress } from './runner-egress.js';

const { signal } = new AbortController();

function sandboxWith(host: string | undefined, credentialId = ''): Sandbox {
  const network = NetworkPolicy.create();
  if (host !== undefined) network.agent = [{ ...NetworkRule.create(), host }];
  return {
    name: 's',
    spec: { ...SandboxSpec.create(), network, agent: { ...AgentSpec.create(), credentialId } },
  } as unknown as Sandbox;
}

const box = { name: 's.agent', network: { phase: 'AGENT' } } as unknown as BoxSpec;

/** With a supervisor that only counts what it is told. */
function egress(
  network: boolean,
  {
    model,
    privateHosts = [],
    address = '8.8.8.8',
  }: { readonly model?: ModelAccess; readonly privateHosts?: readonly string[]; readonly address?: string } = {},
): { runner: RunnerEgress; calls: unknown[]; connect: () => void } {
  const calls: unknown[] = [];
  let connect = (): void => undefined;
  const supervisor = {
    call: (method: string, params: object) => {
      calls.push([method, params]);
      return Promise.resolve({});
    },
    onConnect: (listener: () => void) => (connect = listener),
  } as unknown as SupervisorClient;
  const hello = { description: { driver: 'D', boundary: 'USER_NAMESPACE', network } } as unknown as SupervisorHello;
  const runner = new RunnerEgress({
    hello,
    supervisor,
    secrets: { of: () => Promise.resolve([]), model: () => Promise.resolve(model) },
    presets: { access: () => Promise.reject(new Error('none is asked for')) },
    privateHosts,
    modelWaitMs: 7_000,
    logger: createLogger('test', 'silent'),
    resolve: () => Promise.resolve([address]),
  });
  return {
    runner,
    calls,
    connect: () => {
      connect();
    },
  };
}

describe('the network that a runner grants', () => {
  it('is refused in words where the boundary can have none, and only to who wants one', () => {
    const { runner } = egress(false);
    expect(() => {
      runner.requireFor(sandboxWith('a.test').spec);
    }).toThrow(/driver D, boundary USER_NAMESPACE/);
    runner.requireFor(sandboxWith(undefined).spec);
    egress(true).runner.requireFor(sandboxWith('a.test').spec);
  });

  it('is granted before the work, and again where its supervisor died before the start', async () => {
    const { runner, calls } = egress(true);
    let tries = 0;
    const result = await runner.during(sandboxWith('a.test'), box, signal, () => {
      tries += 1;
      return tries === 1
        ? Promise.reject(new SandboxError('EGRESS_NOT_GRANTED', 'another supervisor'))
        : Promise.resolve('done');
    });
    expect([result, tries, calls.length]).toEqual(['done', 2, 2]);
    expect(calls[1]).toMatchObject(['grantEgress', { box: 's.agent', grant: { rules: [{ host: 'a.test' }] } }]);
  });

  it('is granted to each supervisor that comes while the work goes on, and to none after it', async () => {
    const { runner, calls, connect } = egress(true);
    await runner.during(sandboxWith('a.test'), box, signal, () => {
      connect();
      return Promise.resolve();
    });
    expect(calls).toHaveLength(2);
    connect();
    expect(calls).toHaveLength(2);
  });

  const MODEL: ModelAccess = {
    credentialId: 'c1',
    name: 'team-key',
    provider: 'ANTHROPIC',
    baseUrl: 'https://models.test:8443/proxy',
    value: 'sk-hush-hush',
  };

  it('is refused in words for a model, too', () => {
    expect(() => {
      egress(false).runner.requireFor(sandboxWith(undefined, 'c1').spec);
    }).toThrow(/reaches a model by a credential, .*boundary USER_NAMESPACE/);
  });

  it("holds the way to the agent's model beside the environment's rules, for the agent alone", async () => {
    const { runner, calls } = egress(true, { model: MODEL });
    const sandbox = sandboxWith('a.test', 'c1');
    await runner.during(sandbox, box, signal, () => Promise.resolve());
    const scope = { methods: ['GET', 'POST'], pathPrefix: '/proxy', ports: [8443] };
    expect(calls[0]).toMatchObject([
      'grantEgress',
      {
        grant: {
          rules: [{ host: 'a.test' }, { host: 'models.test', ...scope }],
          credentials: [
            {
              hosts: ['models.test'],
              ...scope,
              header: 'x-api-key',
              format: '{value}',
              value: MODEL.value,
              line: { name: MODEL.credentialId, maxWaitMs: 7_000 },
            },
          ],
        },
      },
    ]);
    await runner.during(sandbox, { ...box, network: { phase: 'SETUP' } }, signal, () => Promise.resolve());
    expect(calls[1]).toMatchObject(['grantEgress', { grant: { rules: [], credentials: [] } }]);
  });

  it('sends a key in the clear only to hosts that the operator of the runner names', async () => {
    const model = { ...MODEL, baseUrl: 'http://models.test:8080', provider: 'OPENAI_COMPATIBLE' };
    const during = ({ runner }: ReturnType<typeof egress>) =>
      runner.during(sandboxWith(undefined, 'c1'), box, signal, () => Promise.resolve());
    const stranger = egress(true, { model, privateHosts: ['models.test:8081'] });
    await expect(during(stranger)).rejects.toMatchObject({ reason: 'EGRESS_UNAVAILABLE' });
    expect(stranger.calls).toEqual([]);
    const known = egress(true, { model, privateHosts: ['models.test:8080'] });
    await during(known);
    expect(known.calls[0]).toMatchObject([
      'grantEgress',
      { grant: { credentials: [{ plain: true, header: 'Authorization', format: 'Bearer {value}', ports: [8080] }] } },
    ]);
  });

  it('is refused with what to set where the host of a model has a private address', async () => {
    const during = ({ runner }: ReturnType<typeof egress>) =>
      runner.during(sandboxWith(undefined, 'c1'), box, signal, () => Promise.resolve('begun'));
    const stranger = egress(true, { model: MODEL, address: '10.1.2.3' });
    await expect(during(stranger)).rejects.toMatchObject({
      reason: 'EGRESS_UNAVAILABLE',
      message: expect.stringMatching(/private address.* start .*HEDDLE_EGRESS_PRIVATE_HOSTS=models\.test:8443/),
    });
    expect(stranger.calls).toEqual([]);
    const privateHosts = ['models.test:8443'];
    expect(await during(egress(true, { model: MODEL, address: '10.1.2.3', privateHosts }))).toBe('begun');
    expect(await during(egress(true, { model: MODEL }))).toBe('begun');
  });

  it('asks nobody for a box without one', async () => {
    const { runner, calls } = egress(true);
    expect(
      await runner.during(
        sandboxWith(undefined),
        { ...box, network: undefined },
        signal,
        Promise.resolve.bind(Promise),
      ),
    ).toEqual({});
    expect(calls).toEqual([]);
  });
});
