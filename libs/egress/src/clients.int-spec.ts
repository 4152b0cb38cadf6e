import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useTemporaryDirectories } from '@heddle/testing';
import { execute, type Executed } from './spec-support/execute.js';
import { resolveName } from './spec-support/resolve-name.js';
import { openTestEgress, type TestEgress } from './spec-support/test-egress.js';
import { tlsUpstream, type Upstream } from './spec-support/upstream.js';
import { javaTrustStore } from './tls/java-trust-store.js';

const newDirectory = useTemporaryDirectories();

const isThere = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const PYTHON = `
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1]).read().decode())
`;

const GO = `package main
import ("fmt"; "io"; "net/http"; "os")
func main() {
  answer, err := http.Get(os.Args[1])
  if err != nil { fmt.Fprintln(os.Stderr, err); os.Exit(1) }
  body, _ := io.ReadAll(answer.Body)
  fmt.Println(answer.StatusCode, answer.Proto, string(body))
}
`;

const JAVA = `
import java.net.URI;
import java.net.http.*;
class Get {
  public static void main(String[] args) throws Exception {
    var answer = HttpClient.newHttpClient().send(
      HttpRequest.newBuilder(URI.create(args[0])).build(), HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.statusCode() + " " + answer.version() + " " + answer.body());
  }
}
`;

const NODE = `
require('node:https').get(process.argv[1], { lookup: (_, options, done) => done(null, [{ address: process.argv[2], family: 4 }]) },
  (answer) => answer.pipe(process.stdout)).on('error', (error) => { console.error(error.code); process.exitCode = 1; });
`;

interface Client {
  readonly name: string;
  readonly isPresent: boolean;
  /** `address` is that of the host for clients that use no proxy. */
  run(url: string, address: string): Promise<Executed>;
}

describe('real clients', () => {
  let passed: Upstream;
  let intercepted: Upstream;
  let test: TestEgress;
  let directory: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    directory = await newDirectory();
    passed = await tlsUpstream('passed.test');
    intercepted = await tlsUpstream('intercepted.test');
    test = await openTestEgress(
      {
        rules: [
          { host: 'passed.test', ports: [passed.port] },
          { host: 'intercepted.test', ports: [intercepted.port], methods: ['GET'], pathPrefix: '/open' },
        ],
      },
      { upstreamCa: intercepted.ca, caBundlePath: join(directory, 'bundle.pem') },
    );
    const bundle = test.egress.caBundle(passed.ca);
    env = { HOME: directory, ...test.egress.environment };
    await writeFile(join(directory, 'bundle.pem'), bundle);
    await writeFile(join(directory, 'cacerts'), javaTrustStore(bundle));
    await writeFile(join(directory, 'get.py'), PYTHON);
    await writeFile(join(directory, 'get.go'), GO);
    await writeFile(join(directory, 'Get.java'), JAVA);
    if (isThere('go', 'version'))
      execFileSync('go', ['build', '-o', join(directory, 'get-go'), join(directory, 'get.go')], {
        env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '' },
      });
  });
  afterAll(async () => {
    await test.egress.close();
    await passed.close();
    await intercepted.close();
  });

  const clients: Client[] = [
    { name: 'curl', isPresent: isThere('curl', '--version'), run: (url) => execute('curl', ['-sSf', url], { env }) },
    {
      name: 'curl, HTTP/1.1',
      isPresent: isThere('curl', '--version'),
      run: (url) => execute('curl', ['-sSf', '--http1.1', url], { env }),
    },
    {
      name: 'wget',
      isPresent: isThere('wget', '--version'),
      run: (url) => execute('wget', ['-qO-', `--ca-certificate=${join(directory, 'bundle.pem')}`, url], { env }),
    },
    {
      name: 'Python urllib',
      isPresent: isThere('python3', '--version'),
      run: (url) => execute('python3', [join(directory, 'get.py'), url], { env }),
    },
    {
      name: 'Python requests',
      isPresent: isThere('python3', '-c', 'import requests'),
      run: (url) =>
        execute(
          'python3',
          ['-c', 'import sys,requests; r=requests.get(sys.argv[1]); r.raise_for_status(); print(r.text)', url],
          {
            env,
          },
        ),
    },
    {
      name: 'Go',
      isPresent: isThere('go', 'version'),
      run: async (url) => {
        const done = await execute(join(directory, 'get-go'), [url], { env });
        return done.stdout.startsWith('403') ? { ...done, code: 1 } : done;
      },
    },
    {
      name: 'Java, by name',
      isPresent: isThere('java', '-version'),
      run: async (url, address) => {
        const hosts = join(directory, 'hosts');
        await writeFile(hosts, `${address} ${new URL(url).hostname}\n`);
        const trust = `-Djavax.net.ssl.trustStore=${join(directory, 'cacerts')}`;
        const done = await execute('java', [trust, `-Djdk.net.hosts.file=${hosts}`, join(directory, 'Get.java'), url]);
        return done.stdout.startsWith('403') ? { ...done, code: 1 } : done;
      },
    },
    {
      name: 'Node, by name',
      isPresent: true,
      run: async (url, address) => {
        const done = await execute('node', ['-e', NODE, url, address], { env });
        return done.stdout.includes('refused') ? { ...done, code: 1 } : done;
      },
    },
  ];

  for (const { name, isPresent, run } of clients) {
    const there = isPresent ? it : it.skip;
    there(`${name}: passed, intercepted, refused`, async () => {
      const passedUrl = `https://passed.test:${String(passed.port)}/x`;
      const openUrl = `https://intercepted.test:${String(intercepted.port)}/open/x`;
      const closedUrl = `https://intercepted.test:${String(intercepted.port)}/closed`;
      const [passedAddress, address] = [
        await resolveName(test, 'passed.test'),
        await resolveName(test, 'intercepted.test'),
      ];
      expect(await run(passedUrl, passedAddress)).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
      expect(await test.record({ scheme: 'tls', verdict: 'ALLOWED' })).toMatchObject({ host: 'passed.test' });
      expect(await run(openUrl, address)).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
      expect(await test.record({ scheme: 'https', verdict: 'ALLOWED' })).toMatchObject({ path: '/open/x' });
      expect((await run(closedUrl, address)).code).not.toBe(0);
      expect(await test.record({ verdict: 'REFUSED' })).toMatchObject({ path: '/closed', reason: 'PATH_NOT_ALLOWED' });
    });
  }

  it('git tells why it was refused', async () => {
    const url = `https://refused.test/repository.git`;
    const done = await execute('git', ['ls-remote', url], { env: { ...env, GIT_TERMINAL_PROMPT: '0' } });
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('403');
    expect(await test.record({ method: 'CONNECT' })).toMatchObject({
      host: 'refused.test',
      reason: 'HOST_NOT_ALLOWED',
    });
  });
});
