import { constants } from 'node:os';
import { SYSCALL_NUMBERS } from '../seccomp/syscall-numbers.js';

/** A system call that has to be refused; a shell can't make it. */
interface CallProbe {
  readonly call: string;
  readonly arguments: readonly (number | string)[];
  readonly error: 'EPERM' | 'ENOSYS' | 'EAFNOSUPPORT';
}

/** Without the filter most of them would be done, or fail with another error. */
const CALLS: readonly CallProbe[] = [
  { call: 'ptrace', arguments: [0, 0, 0, 0], error: 'EPERM' },
  { call: 'unshare', arguments: [0x1000_0000], error: 'EPERM' },
  { call: 'clone3', arguments: [0, 0], error: 'ENOSYS' },
  { call: 'keyctl', arguments: [0, -3, 1], error: 'EPERM' },
  { call: 'add_key', arguments: ['user', 'heddle', 'x', 1, -3], error: 'EPERM' },
  { call: 'userfaultfd', arguments: [1], error: 'EPERM' },
  { call: 'io_uring_setup', arguments: [1, 0], error: 'EPERM' },
  { call: 'bpf', arguments: [0, 0, 0], error: 'EPERM' },
  { call: 'perf_event_open', arguments: [0, 0, -1, -1, 0], error: 'EPERM' },
  { call: 'open_by_handle_at', arguments: [-100, 0, 0], error: 'EPERM' },
  { call: 'fsopen', arguments: ['tmpfs', 0], error: 'EPERM' },
  // TIOCSTI: bytes into the input of whoever reads the terminal.
  { call: 'ioctl', arguments: [0, 0x5412, 'x'], error: 'EPERM' },
  // AF_PACKET, AF_ALG, AF_VSOCK.
  { call: 'socket', arguments: [17, 3, 0], error: 'EAFNOSUPPORT' },
  { call: 'socket', arguments: [38, 5, 0], error: 'EAFNOSUPPORT' },
  { call: 'socket', arguments: [40, 1, 0], error: 'EAFNOSUPPORT' },
];

const MAKE_CALLS = [
  'for (split /;/, $ENV{PROBE_CALLS}) {',
  'my ($name, $number, $error, @values) = split /,/;',
  '@values = map { /^-?\\d+$/ ? $_ + 0 : $_ } @values; $! = 0;',
  'my $result = syscall($number + 0, @values);',
  'print $result == -1 && $! + 0 == $error ? "ok" : "bad", " $name\\n"; }',
].join(' ');

const nameOf = ({ call, arguments: [first] }: CallProbe): string =>
  call === 'socket' ? `sockets of family ${String(first)} are refused` : `the call ${call} is refused`;

export const CALL_PROBE_NAMES: readonly string[] = CALLS.map(nameOf);

/** Prints `ok` or `bad` and a name for each; `skip` where there is no Perl (Debian and its kin always have one). */
export const CALL_PROBES_SCRIPT = `if command -v perl >/dev/null 2>&1; then perl -e '${MAKE_CALLS}'
else ${CALL_PROBE_NAMES.map((name) => `echo "skip ${name}"`).join('; ')}; fi`;

/** The calls, as the script reads them from its environment. */
export function probeCalls(architecture: string): string {
  const numbers = SYSCALL_NUMBERS[architecture === 'arm64' ? 'arm64' : 'x64'];
  return CALLS.map((probe) =>
    [nameOf(probe), numbers[probe.call], constants.errno[probe.error], ...probe.arguments].join(','),
  ).join(';');
}
