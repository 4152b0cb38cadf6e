import { createServer as createHttpServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { CaptureResult, SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

/** This host, for supervisors under test. */
const HOST = 'allowed.test';

let harness: RunnerHarness;
let server: Server;
let port = 0;

beforeAll(async () => {
  server = createHttpServer((request, response) => {
    response.end(`${request.method ?? ''} ${request.headers.host ?? ''} ${request.url ?? ''}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  harness = await RunnerHarness.start(await temporary('agent-network'), 'echo base > file');
  harness.privateHosts = [HOST];
  await harness.restartRunner();
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
  server.close();
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

function agent(id: string, script: string, rules: readonly Partial<NetworkRule>[]): SandboxOwnerRef {
  const network = NetworkPolicy.create();
  network.agent = rules.map((rule) => ({ ...NetworkRule.create(), ...rule }));
  return harness.attempt(id, ['bash', '-c', script], { network });
}

async function turnOf(owner: SandboxOwnerRef): Promise<TurnResult> {
  await provision(harness.context, owner, harness.signal);
  return runTurn(harness.context, owner, 1, harness.signal);
}

async function captured(owner: SandboxOwnerRef): Promise<CaptureResult> {
  return capture(harness.context, { owner, turn: 1, partial: false }, harness.signal);
}

async function released(owner: SandboxOwnerRef): Promise<void> {
  await release(harness.context, owner);
  await harness.until(() => harness.context.clearing.count === 0);
}

function requestsOf(id: string): object[] {
  return (harness.requests.get(id) ?? []).map(({ sequence, phase, host, port, verdict, reason }) => ({
    sequence,
    phase,
    host,
    port,
    verdict,
    reason,
  }));
}

describe('the network of an agent', () => {
  it('reaches what a rule allows, by variables and without them, and nothing else; all of it is on record', async () => {
    const owner = agent(
      'n1',
      [
        `curl -sS http://${HOST}:${String(port)}/by-proxy`,
        `curl -sS --noproxy '*' http://${HOST}:${String(port)}/by-name`,
        `curl -sS -o /dev/null -w '%{http_code}\\n' http://refused.example:${String(port)}/`,
        `curl -sS --noproxy '*' http://refused.example/ 2>/dev/null; echo $?`,
        `curl -sS --noproxy '*' http://127.0.0.1:${String(port)}/ 2>/dev/null; echo $?`,
      ].join('\n'),
      [{ host: HOST, ports: [port] }],
    );
    expect(await turnOf(owner)).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await captured(owner);
    expect(harness.store.stored.at(-1)?.notices).toEqual([
      {
        reason: 'EGRESS_REFUSED',
        path: '',
        message: `GET refused.example:${String(port)}/ was refused (HOST_NOT_ALLOWED); a rule that would allow it: {"host":"refused.example","ports":[${String(port)}]}`,
      },
    ]);
    await released(owner);
    expect(harness.publisher.texts('n1')).toEqual([
      `GET ${HOST}:${String(port)} /by-proxy`,
      `GET ${HOST}:${String(port)} /by-name`,
      '403',
      '6',
      '7',
    ]);
    expect(requestsOf('n1')).toEqual([
      { sequence: '1', phase: 'AGENT', host: HOST, port, verdict: 'ALLOWED', reason: '' },
      { sequence: '2', phase: 'AGENT', host: HOST, port, verdict: 'ALLOWED', reason: '' },
      { sequence: '3', phase: 'AGENT', host: 'refused.example', port, verdict: 'REFUSED', reason: 'HOST_NOT_ALLOWED' },
      {
        sequence: '4',
        phase: 'AGENT',
        host: 'refused.example',
        port: 0,
        verdict: 'REFUSED',
        reason: 'HOST_NOT_ALLOWED',
      },
    ]);
  });
});
