import { readFileSync } from 'node:fs';
import type { Abuse } from '../abuse.js';

/** Reaching for what is the host's: files, settings, processes, devices. */
export const HOST_ABUSES: readonly Abuse[] = [
  {
    id: '01',
    title: 'reads a secret of the host, its users, and the platform’s directory',
    script: ({ secretPath, dataDirectory }) => `
refused cat ${secretPath}
refused test -e /etc/shadow
refused ls ${dataDirectory}
refused ls /root/.ssh
[ -z "$(ls -A /root 2>/dev/null)" ]
[ "$(ls /home)" = agent ]`,
  },
  {
    id: '02',
    title: 'writes a setting of the kernel',
    script: () => `
# The host's nobody, who has no other owners to see, takes all of them for itself.
[ "$(id -u)" = 65534 ] || refused test -O /proc/sys/kernel/core_pattern
find /proc/sys -type f -writable 2>/dev/null > /tmp/writable || true
cat /tmp/writable && [ ! -s /tmp/writable ]
refused sh -c 'echo "|/x" > /proc/sys/kernel/core_pattern'
refused sh -c 'echo 1 > /proc/sys/kernel/panic'
refused sh -c 'echo b > /proc/sysrq-trigger'`,
  },
  {
    id: '03',
    title: 'reads the platform’s environment and arguments out of process 1',
    script: ({ dataDirectory }) => `
refused grep -zE '^(HEDDLE_|HOME=|PATH=)' /proc/1/environ
# The script's own text is in the arguments too.
directory=$(echo ${Buffer.from(dataDirectory).toString('base64')} | base64 -d)
refused grep -zF "$directory" /proc/1/cmdline`,
  },
  {
    id: '04',
    title: 'sees and signals processes of the host',
    script: ({ hostPid }) => `
set -e
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 12 ]
refused kill -0 ${String(hostPid)}
refused kill -9 ${String(hostPid)}`,
    judge: ({ attempt, facts }) => [
      ...(attempt.exitCode === 0 ? [] : [`the script ended with ${String(attempt.exitCode)}`]),
      ...(isRunning(facts.hostPid) ? [] : ['the process of the host is dead']),
    ],
  },
  {
    id: '05',
    title: 'kills everything that it can',
    script: () => 'kill -9 -1; echo survived > survived.txt',
    judge: ({ attempt, change, facts }) => [
      ...(attempt.state === 'COMPLETED' && change?.files.length === 1 ? [] : [`the attempt is ${attempt.state}`]),
      ...(isRunning(facts.hostPid) ? [] : ['the process of the host is dead']),
    ],
  },
  {
    id: '06',
    title: 'traces process 1 or reads its memory',
    script: () => `
refused call ptrace 16 1 0 0
refused call process_vm_readv 1 BUFFER 1 BUFFER 1 0
refused cat /proc/1/mem`,
  },
  {
    id: '07',
    title: 'mounts, remounts, changes its root',
    script: () => `
refused mount -t tmpfs x /mnt
refused mount -o remount,rw /usr
refused mount --bind /workspace /usr
refused call mount tmpfs /tmp tmpfs 0 0
refused call fsopen tmpfs 0
refused call open_tree -100 / 1
refused call move_mount -100 /tmp -100 /mnt 0
refused call mount_setattr -100 / 0 BUFFER 32
refused call pivot_root /tmp /tmp
refused call chroot /tmp`,
  },
  {
    id: '08',
    title: 'makes namespaces of its own',
    script: () => `
refused unshare -U true
refused unshare -Urm true
refused unshare -n true
refused call unshare 268435456
refused call unshare 131072
refused call clone3 BUFFER 88
refused call setns 0 0
refused bwrap --ro-bind / / true`,
  },
  {
    id: '09',
    title: 'makes and opens devices',
    script: () => `
refused mknod block b 8 0
refused mknod character c 1 1
refused mknod /tmp/block b 8 0
for device in /dev/sda /dev/vda /dev/mem /dev/kmem /dev/kmsg /dev/loop-control /dev/fuse /dev/net/tun /dev/kvm; do refused cat $device; done`,
  },
  {
    id: '10',
    title: 'makes the overlay’s own mark of a deleted file',
    script: () => 'refused mknod whiteout c 0 0',
  },
  {
    id: '11',
    title: 'gains rights by a setuid program',
    script: () => `
cp /usr/bin/id ./suid && chmod 4755 suid
[ "$(./suid -u)" = "$(id -u)" ]
grep -q '^NoNewPrivs:.1$' /proc/self/status
grep -Eq '^CapEff:.0+$' /proc/self/status
grep -Eq '^CapBnd:.0+$' /proc/self/status
refused su -c true
[ "$(id -u)" != 0 ]`,
  },
  {
    id: '31',
    title: 'injects keystrokes into a terminal of the host',
    script: () => `
refused perl -e 'open(my $t, "+<", "/dev/tty") or exit 1; exit(ioctl($t, 0x5412, my $x = "x") ? 0 : 1)'
refused perl -e 'exit(ioctl(STDIN, 0x5412, my $x = "x") ? 0 : 1)'
[ "$(cut -d' ' -f6 /proc/$$/stat)" != 0 ]`,
  },
  {
    id: '32',
    title: 'calls parts of the kernel that a developer’s tools do without',
    script: () => `
refused call bpf 0 BUFFER 48
refused call userfaultfd 0
refused call keyctl 0 -3 1
refused call add_key user heddle BUFFER 8 -3
refused call perf_event_open BUFFER 0 -1 -1 0
refused call open_by_handle_at -100 BUFFER 0
refused call io_uring_setup 1 BUFFER
refused call kexec_load 0 0 0 0
refused call init_module BUFFER 8 x
refused call swapon /tmp/x 0
refused call reboot 0 0 0 0
refused call acct /tmp/x`,
  },
  {
    id: '33',
    title: 'runs under a list of allowed system calls, also for the other ways into the kernel',
    script: () => `
grep -q '^Seccomp:.2$' /proc/self/status
refused call x32_getpid`,
  },
  {
    id: '34',
    title: 'writes programs of the host, or the one that it runs as',
    gaps: { container: 'read-only /dev and /run' },
    script: () => `
refused touch /usr/bin/x
refused touch /x
refused touch /etc/x
refused touch /run/heddle/x
refused sh -c 'echo x > /proc/self/exe'
refused touch /opt/heddle/node/bin/x
refused touch /dev/x
# Also where only the owner of the file stands in the way.
while read -r _ _ _ _ point options _; do
  case "$point" in /proc|/dev/*|/tmp|/workspace|/home/agent) ;; *) case "$options" in rw|rw,*) echo "$point is writable"; exit 1;; esac;; esac
done < /proc/self/mountinfo`,
  },
];

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8') !== '';
  } catch {
    return false;
  }
}
