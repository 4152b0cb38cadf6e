import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NetworkPolicy, NetworkRule } from '@heddle/contracts';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

/** This host, for supervisors under test. */
const HOST = 'allowed.test';

let harness: RunnerHarness;
let server: Server;
let port = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.end(`${request.url ?? ''}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  harness = await RunnerHarness.start(await temporary('egress-flood'), 'echo base > file');
  harness.privateHosts = [HOST];
  await harness.restartRunner();
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
  server.close();
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

function agent(id: string, script: string): SandboxOwnerRef {
  const network = NetworkPolicy.create();
  network.agent = [{ ...NetworkRule.create(), host: HOST, ports: [port] }];
  return harness.attempt(id, ['bash', '-c', script], { network });
}

/**
 * Again and again, until a test says that it is enough: `wave` when it has been through once. Each wave stays open through the next:
 * a slow egress lets 511 wait to be accepted, and must still find more open ones at once than a sandbox may have.
 */
const flood = (what: string): string => `
exec perl -e '
  use Socket; $SIG{PIPE} = "IGNORE"; $| = 1;
  my ($host, $port) = $ENV{http_proxy} =~ m{//([^:]+):(\\d+)};
  sub to_egress { socket(my $s, PF_INET, SOCK_STREAM, 0) or return; connect($s, sockaddr_in($port, inet_aton($host))) or return; $s }
  my @before;
  until (-e "enough") { my @kept; for (1..600) { my $s = to_egress() or next; ${what}; push @kept, $s } print "wave\\n"; @before = @kept }'`;

it.each([
  ['silent and half-open connections', 'shutdown($s, 1) if $_ % 2'],
  ['tunnels that nobody uses', `syswrite($s, "CONNECT ${HOST}:PORT HTTP/1.1\\r\\n\\r\\n")`],
  ['requests whose headers have no end', 'syswrite($s, "GET / HTTP/1.1\\r\\n" . "X: " . "x" x 8000)'],
])('a sandbox that floods its egress with %s holds up no other', async (kind, what) => {
  const { context, signal } = harness;
  const id = kind.split(' ')[0] ?? '';
  const flooder = agent(`flood-${id}`, flood(what.replace('PORT', String(port))));
  await provision(context, flooder, signal);
  const flooding = runTurn(context, flooder, 1, signal);
  await harness.until(() => harness.publisher.texts(flooder.id).includes('wave'));
  const victim = agent(
    `beside-${id}`,
    `for i in $(seq 20); do curl -sSf http://${HOST}:${String(port)}/$i || exit 1; done`,
  );
  await provision(context, victim, signal);
  expect(await runTurn(context, victim, 1, signal)).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
  const sandbox = await context.sandboxes.get(flooder);
  await writeFile(join(sandbox.directory.path, 'agent', 'merged', 'enough'), '');
  expect(await flooding).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
  await release(context, victim);
  await release(context, flooder);
  await harness.cleared();
  expect(harness.publisher.texts(victim.id)).toEqual(Array.from({ length: 20 }, (_, index) => `/${String(index + 1)}`));
  const refused = (harness.requests.get(flooder.id) ?? []).filter(({ reason }) => reason === 'CONNECTION_LIMIT');
  expect(refused.length).toBeGreaterThan(0);
});
