import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EgressRequest_Verdict, EnvironmentSecret_Kind, NetworkPolicy, NetworkRule } from '@heddle/contracts';
import { SandboxSecret } from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

/** TLS goes through to `passed`, is ended for `ended`; `other` is on no list. All are this host. */
const [PASSED, ENDED, OTHER] = ['passed.test', 'ended.test', 'other.test'] as const;
const VALUE = 'hunter2-hunter2-hunter2';
const REFS = `${'1'.repeat(40)}\trefs/heads/main\n`;

const has = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const go = has('go', 'version');

/** What prints the answer of `$1`, or fails. */
const CLIENTS: Readonly<Record<string, string>> = {
  curl: 'curl -sS -f "$1"',
  git: 'git ls-remote "$1repo.git" | grep -q refs/heads/main && echo "$2"',
  'node fetch': `node -e 'fetch(process.argv[1]).then(async (r) => { if (!r.ok) process.exit(1); console.log(await r.text()); }, () => process.exit(1))' "$1"`,
  'node https': `node -e 'require("https").get(process.argv[1], (r) => { if (r.statusCode !== 200) process.exit(1); r.pipe(process.stdout); }).on("error", () => process.exit(1))' "$1"`,
  'python urllib': `/usr/bin/python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())' "$1"`,
  ...(go ? { go: './go-client "$1"' } : {}),
  ...(has('java', '-version') ? { java: '/usr/bin/java Client.java "$1"' } : {}),
};

const GO_CLIENT = `package main
import ("fmt"; "io"; "net/http"; "os")
func main() {
  r, err := http.Get(os.Args[1])
  if err != nil || r.StatusCode != 200 { os.Exit(1) }
  b, _ := io.ReadAll(r.Body)
  fmt.Println(string(b))
}
`;
const JAVA_CLIENT = `import java.net.URI; import java.net.http.*;
public class Client {
  public static void main(String[] a) throws Exception {
    var r = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(a[0])).build(), HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() != 200) System.exit(1);
    System.out.println(r.body());
  }
}
`;

let harness: RunnerHarness;
let server: Server;
let port = 0;

beforeAll(async () => {
  const directory = await temporary('matrix');
  const key = makeCertificates(directory);
  server = createServer({ key: readFileSync(key.key), cert: readFileSync(key.certificate) }, (request, response) => {
    if (request.url?.startsWith('/repo.git/info/refs') === true) response.end(REFS);
    else response.end(request.headers.authorization === `Bearer ${VALUE}` ? 'known' : 'stranger');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  await writeFile(join(directory, 'main.go'), GO_CLIENT);
  await writeFile(join(directory, 'Client.java'), JAVA_CLIENT);
  const build = go ? `CGO_ENABLED=0 go build -o go-client ${join(directory, 'main.go')}; ` : '';
  harness = await RunnerHarness.start(join(directory, 'host'), `${build}cp ${join(directory, 'Client.java')} .`);
  harness.privateHosts = [PASSED, ENDED];
  harness.supervisorEnvironment['NODE_EXTRA_CA_CERTS'] = key.authority;
  await harness.signalSupervisor('SIGTERM');
  harness.startSupervisor();
  await harness.restartRunner();
  harness.secrets.push({
    ...SandboxSecret.create(),
    kind: EnvironmentSecret_Kind.EGRESS,
    name: 'TOKEN',
    value: VALUE,
    hosts: [ENDED],
    format: 'Bearer {value}',
  });
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
  server.close();
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

/** An authority of the test's own and a server's certificate of it. */
function makeCertificates(directory: string): { key: string; certificate: string; authority: string } {
  const at = (name: string): string => join(directory, name);
  const script = [
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem`,
    `openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr`,
    `printf 'subjectAltName=DNS:${PASSED},DNS:${ENDED},DNS:${OTHER}' > names`,
    `openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem`,
  ].join('\n');
  execFileSync('/bin/bash', ['-ec', script], { cwd: directory, stdio: 'ignore' });
  return { key: at('server.key'), certificate: at('server.pem'), authority: at('ca.pem') };
}

function agent(id: string, script: string): SandboxOwnerRef {
  const network = NetworkPolicy.create();
  network.agent = [
    { ...NetworkRule.create(), host: PASSED, ports: [port] },
    { ...NetworkRule.create(), host: ENDED, ports: [port], pathPrefix: '/' },
  ];
  return harness.attempt(id, ['bash', '-c', script], { network });
}

const url = (host: string): string => `https://${host}:${String(port)}/`;

describe('clients behind the egress', () => {
  it('reach passed and ended hosts, and no other; none of them sees the credential', async () => {
    const lines = Object.entries(CLIENTS).flatMap(([name, command]) => [
      `try() { ${command}; }`,
      `echo "${name}: passed $(try ${url(PASSED)} stranger 2>/dev/null | head -1)"`,
      `echo "${name}: ended $(try ${url(ENDED)} known 2>/dev/null | head -1)"`,
      `if try ${url(OTHER)} known >/dev/null 2>&1; then echo "${name}: other reached"; else echo "${name}: other refused"; fi`,
    ]);
    const search = `if env | grep -q ${VALUE.slice(0, 8)} || grep -rqs ${VALUE.slice(0, 8)} /run/heddle /proc/*/environ; then echo found; else echo hidden; fi`;
    const owner = agent('m1', [...lines, search].join('\n'));
    await provision(harness.context, owner, harness.signal);
    await runTurn(harness.context, owner, 1, harness.signal);
    await release(harness.context, owner);
    await harness.until(() => harness.context.clearing.count === 0);
    const expected = Object.keys(CLIENTS).flatMap((name) => [
      `${name}: passed stranger`,
      `${name}: ended known`,
      `${name}: other refused`,
    ]);
    expect(harness.publisher.texts('m1')).toEqual([...expected, 'hidden']);
    const seen = harness.requests.get('m1') ?? [];
    expect(seen.map(({ sequence }) => Number(sequence))).toEqual(seen.map((_, index) => index + 1));
    expect(new Set(seen.filter(({ host }) => host === OTHER).map(({ verdict }) => verdict))).toEqual(
      new Set(['REFUSED']),
    );
    expect(JSON.stringify(seen)).not.toContain(VALUE);
  });

  it('go on in the same attempt when the supervisor was killed, with the authority that they know', async () => {
    // As a program that has read it at its start.
    const ask = `curl -s --cacert /tmp/known.pem --retry 20 --retry-delay 1 --retry-all-errors ${url(ENDED)}`;
    const script = `cp /run/heddle/ca.pem /tmp/known.pem; ${ask}; echo; until [ -e go ]; do sleep 0.05; done; ${ask}; echo; ${ask} --noproxy '*'; echo`;
    const [owner, other] = [agent('k1', script), agent('k2', script)];
    const running = [owner, other].map(async (one) => {
      await provision(harness.context, one, harness.signal);
      return runTurn(harness.context, one, 1, harness.signal);
    });
    for (const id of ['k1', 'k2']) await harness.until(() => harness.publisher.texts(id).includes('known'));
    await harness.signalSupervisor('SIGKILL');
    for (const id of ['k1', 'k2'])
      await writeFile(join(harness.runner, 'sandboxes', `attempt-${id}-1`, 'agent', 'merged', 'go'), '');
    harness.startSupervisor();
    for (const result of await Promise.all(running)) expect(result).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    for (const id of ['k1', 'k2'])
      expect(harness.publisher.texts(id).filter(Boolean)).toEqual(['known', 'known', 'known']);
    for (const one of [owner, other]) await release(harness.context, one);
    await harness.until(() => harness.context.clearing.count === 0);
    for (const id of ['k1', 'k2'])
      expect(
        (harness.requests.get(id) ?? []).filter(({ verdict }) => verdict === EgressRequest_Verdict.ALLOWED),
      ).toHaveLength(3);
  });
});
