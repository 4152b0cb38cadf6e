import { chown, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { openDriver } from '../drivers/open-driver.js';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';
import { runInBox, type BoxRun } from '../testing/run-in-box.js';
import { SYSCALL_NUMBERS } from './syscall-numbers.js';

const isRoot = process.getuid?.() === 0;
const UID = 201_235;
const numbers = SYSCALL_NUMBERS[process.arch === 'arm64' ? 'arm64' : 'x64'];

/** Makes each call by its number and prints the name of its error. */
const MAKE_CALLS = `
import ctypes, errno, json, sys
libc = ctypes.CDLL(None, use_errno=True)
for name, number, arguments in json.load(open('calls.json')):
    ctypes.set_errno(0)
    values = [ctypes.c_char_p(a.encode()) if isinstance(a, str) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *values)
    print(name, 'done' if result >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
`;

/** Which calls, with what arguments, and what has to come of them: without the filter most would be done. */
const CALLS: readonly (readonly [string, readonly (number | string)[], string])[] = [
  ['ptrace', [0, 0, 0, 0], 'EPERM'],
  ['process_vm_readv', [1, 0, 0, 0, 0, 0], 'EPERM'],
  ['pidfd_getfd', [0, 0, 0], 'EPERM'],
  ['mount', ['x', '/mnt', 'tmpfs', 0, 0], 'EPERM'],
  ['umount2', ['/tmp', 2], 'EPERM'],
  ['fsopen', ['tmpfs', 0], 'EPERM'],
  ['open_tree', [-100, '/usr', 1], 'EPERM'],
  ['move_mount', [-1, '', -1, '', 0], 'EPERM'],
  ['mount_setattr', [-100, '/tmp', 0, 0, 0], 'EPERM'],
  ['pivot_root', ['/tmp', '/tmp'], 'EPERM'],
  ['unshare', [0x1000_0000], 'EPERM'],
  ['setns', [0, 0], 'EPERM'],
  ['clone', [0x1000_0011, 0, 0, 0, 0], 'EPERM'],
  ['clone3', [0, 0], 'ENOSYS'],
  ['mknodat', [-100, 'device', 0o020666, 0], 'EPERM'],
  ['mknodat', [-100, 'fifo', 0o010666, 0], 'done'],
  ['renameat2', [-100, 'calls.json', -100, 'calls.moved', 4], 'EPERM'],
  ['io_uring_setup', [1, 0], 'EPERM'],
  ['bpf', [0, 0, 0], 'EPERM'],
  ['perf_event_open', [0, 0, -1, -1, 0], 'EPERM'],
  ['userfaultfd', [1], 'EPERM'],
  ['keyctl', [0, -3, 1], 'EPERM'],
  ['add_key', ['user', 'heddle-test', 'x', 1, -3], 'EPERM'],
  ['request_key', ['user', 'heddle-test', 0, -3], 'EPERM'],
  ['open_by_handle_at', [-100, 0, 0], 'EPERM'],
  ['kexec_load', [0, 0, 0, 0], 'EPERM'],
  ['init_module', [0, 0, ''], 'EPERM'],
  ['swapon', ['/tmp/x', 0], 'EPERM'],
  ['reboot', [0, 0, 0, 0], 'EPERM'],
  ['settimeofday', [0, 0], 'EPERM'],
  ['acct', [0], 'EPERM'],
  ['quotactl', [0, 0, 0, 0], 'EPERM'],
  ['syslog', [3, 0, 0], 'EPERM'],
  ['memfd_secret', [0], 'EPERM'],
  ['socket', [17, 3, 0], 'EAFNOSUPPORT'],
  ['socket', [38, 5, 0], 'EAFNOSUPPORT'],
  ['socket', [40, 1, 0], 'EAFNOSUPPORT'],
  ['socket', [16, 3, 15], 'EAFNOSUPPORT'],
  ['socket', [2, 1, 132], 'EPROTONOSUPPORT'],
  ['socket', [2, 3, 1], 'EPERM'],
  ['socket', [16, 3, 0], 'done'],
  ['socket', [1, 1, 0], 'done'],
  ['socket', [10, 1, 0], 'done'],
  ['personality', [0x0040_0000], 'EPERM'],
  ['ioctl', [0, 0x5412, 'x'], 'EPERM'],
  ['ioctl', [0, 0x541c, 'x'], 'EPERM'],
  ['fchmodat2', [-100, 'calls.json', 0o600, 0], 'done'],
];

/** Programs that agents use, each doing what makes its own unusual calls. */
const TOOLCHAINS: readonly (readonly [string, string, string])[] = [
  [
    'node',
    process.execPath,
    `node -e 'new (require("node:worker_threads").Worker)("", {eval: true}).on("exit", () => require("node:dns").lookup("localhost", (e, a) => console.log(e ?? "ran")))'`,
  ],
  [
    'npm',
    process.execPath,
    'mkdir p && cd p && npm init -y >/dev/null && npm pkg set scripts.t="echo ran" && npm -s run t',
  ],
  [
    'git',
    '/usr/bin/git',
    'git init -q g && cd g && echo x >f && git add f && git -c user.name=a -c user.email=a@b commit -qm m && git gc -q && git clone -q . ../h && echo ran',
  ],
  [
    'python',
    '/usr/bin/python3',
    `python3 -c 'import multiprocessing as m, socket, subprocess; m.set_start_method("spawn"); socket.getaddrinfo("localhost", 80); p = m.Pool(2); print(p.map(str.upper, ["ran"])[0].lower()); p.close(); p.join(); subprocess.check_call(["true"])'`,
  ],
  [
    'gcc',
    '/usr/bin/gcc',
    `printf '#include <stdio.h>\\n#include <pthread.h>\\nvoid *f(void *x) { return x; }\\nint main() { pthread_t t; pthread_create(&t, 0, f, 0); pthread_join(t, 0); puts("ran"); }' >a.c && gcc -pthread a.c -o a && ./a`,
  ],
  [
    'go',
    '/usr/local/go/bin/go',
    `mkdir m && cd m && printf 'module m\\n' >go.mod && printf 'package main\\nimport ("fmt"; "net"; "os/exec")\\nfunc main() { l, _ := net.Listen("tcp", "127.0.0.1:0"); l.Close(); exec.Command("true").Run(); fmt.Println("ran") }' >m.go && GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0 /usr/local/go/bin/go run .`,
  ],
  [
    'java',
    '/usr/bin/java',
    `printf 'import java.util.concurrent.*; class A { public static void main(String[] a) throws Exception { var e = Executors.newFixedThreadPool(4); System.out.println(e.submit(() -> "ran").get()); e.shutdown(); new ProcessBuilder("true").start().waitFor(); new java.net.ServerSocket(0).close(); } }' >A.java && java A.java`,
  ],
  [
    'make and a pipe',
    '/usr/bin/make',
    `printf 'a b c:; @echo $@\\nall: a b c; @echo ran\\n' >Makefile && make -j4 -s all | tail -1`,
  ],
];

(isRoot ? describe : describe.skip)('the filter of system calls', () => {
  let directory = '';
  let base = '';
  let driver: SandboxDriver;

  beforeAll(async () => {
    directory = await temporary('seccomp');
    base = join(directory, 'base');
    await mkdir(base);
    const calls = CALLS.map(([name, values]) => [name, numbers[name], values]);
    await writeFile(join(base, 'calls.json'), JSON.stringify(calls));
    await writeFile(join(base, 'calls.py'), MAKE_CALLS);
    for (const path of [base, join(base, 'calls.json'), join(base, 'calls.py')]) await chown(path, UID, UID);
    driver = await openDriver({ mode: '', directory });
  });

  afterAll(async () => {
    await driver.close();
  });

  const inside = (script: string): Promise<BoxRun> => runInBox(driver, directory, base, UID, script);
  const ifThere = (path: string): typeof it.skip => (existsSync(path) ? it : it.skip);

  it('is on for process 1 and for the command', async () => {
    const run = await inside('grep -h ^Seccomp: /proc/1/status /proc/self/status');
    expect(run.stdout).toBe('Seccomp:\t2\nSeccomp:\t2\n');
  });

  ifThere('/usr/bin/python3')('answers each refused call as it should', async () => {
    const run = await inside('python3 calls.py');
    const lines = run.stdout.trim().split('\n');
    expect(lines).toEqual(CALLS.map(([name, , result]) => `${name} ${result}`));
  });

  it.each([
    ['is open', 'ls /proc/self/fd | wc -l', '4\n'],
    ['can be read in another process', 'ls -l /proc/[0-9]*/fd | grep -c memfd', '0\n'],
  ])('no descriptor of the filter or the arguments %s', async (_, script, output) => {
    expect((await inside(script)).stdout).toBe(output);
  });

  for (const [name, program, script] of TOOLCHAINS) {
    ifThere(program)(`lets ${name} do its work`, async () => {
      const run = await inside(script);
      expect(run.stdout.trim() === 'ran' ? '' : `${run.stdout}${run.stderr}`).toBe('');
    });
  }

  // A 32-bit program makes the same calls by other numbers.
  const canBuild32 = ((): boolean => {
    if (process.arch !== 'x64' || !existsSync('/usr/bin/gcc')) return false;
    try {
      execFileSync('gcc', ['-m32', '-nostdlib', '-static', '-x', 'c', '-o', '/dev/null', '-'], {
        input: 'void _start(void) {}',
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      return true;
    } catch {
      return false;
    }
  })();
  (canBuild32 ? it : it.skip)('kills what makes 32-bit calls', async () => {
    const source = 'void _start(void) { __asm__("int $0x80" : : "a"(1), "b"(7)); for (;;); }';
    await writeFile(join(base, 'old.c'), source);
    const run = await inside('gcc -m32 -nostdlib -static old.c -o /tmp/old && /tmp/old');
    expect(run.exitCode).toBe(159);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
