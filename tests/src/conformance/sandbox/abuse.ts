import type { Attempt, Change, CheckResult, CreateEnvironmentInput, EgressRequest, LogLine } from '@heddle/sdk';

/** The boundaries that the suite is run in: a column of the table each. */
export type Mode = 'full' | 'container' | 'rootless-weak';

/** What of the host a script may try to reach. */
export interface HostFacts {
  /** A file that every user of the host may read. */
  readonly secretPath: string;
  /** A process of the host that the sandbox's creator may signal. */
  readonly hostPid: number;
  /** A TCP port that is served on the host's loopback. */
  readonly loopbackPort: number;
  /** The name of an abstract socket that the host serves. */
  readonly abstractSocket: string;
  /** The platform's own directory. */
  readonly dataDirectory: string;
  /** What the host calls itself. */
  readonly hostName: string;
}

/** What is known of an abuse once its attempt has ended. */
export interface Outcome {
  readonly attempt: Attempt;
  readonly lines: readonly LogLine[];
  readonly change: Change | undefined;
  readonly checks: readonly CheckResult[];
  /** All that it asked of the network. */
  readonly requests: readonly EgressRequest[];
  readonly facts: HostFacts;
}

/** One try to break out, to starve others or to fool the capture, and what has to come of it. */
export interface Abuse {
  /** Unique; the table is sorted by it. */
  readonly id: string;
  readonly title: string;
  /**
   * Bash, as the agent. Without `judge`, the protection held when the script exits 0: tries go through `refused`, which
   * fails where the command succeeds.
   */
  readonly script: (facts: HostFacts) => string;
  /** Checks of its own task. */
  readonly checks?: readonly { readonly name: string; readonly command: readonly string[] }[];
  /** Of the environment that it runs in. */
  readonly limits?: CreateEnvironmentInput['limits'];
  readonly network?: CreateEnvironmentInput['network'];
  readonly setup?: CreateEnvironmentInput['setup'];
  /** What did not hold, from outside; empty: it held. Instead of the exit code. */
  readonly judge?: (outcome: Outcome) => string[] | Promise<string[]>;
  /** Word of `missing` by which a weaker boundary says that it lacks this. */
  readonly gaps?: Partial<Record<Mode, string>>;
}

/** Before every script: ways to try something that has to fail, and system calls by their names. */
export const PRELUDE = `
set -u
refused() {
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  case $code in 0) echo "SUCCEEDED: $*"; exit 1;; 127|255) echo "NOT TRIED: $*"; exit 1;; esac
}
call() { perl -e '
  use Errno;
  my %all = (
    x86_64  => { ptrace => 101, process_vm_readv => 310, mount => 165, fsopen => 430, open_tree => 428, move_mount => 429, mount_setattr => 442,
      unshare => 272, clone3 => 435, setns => 308, pivot_root => 155, chroot => 161, bpf => 321, userfaultfd => 323, keyctl => 250, add_key => 248,
      perf_event_open => 298, open_by_handle_at => 304, io_uring_setup => 425, kexec_load => 246, init_module => 175, swapon => 167,
      reboot => 169, acct => 163, setxattr => 188, x32_getpid => 0x40000000 + 39 },
    aarch64 => { ptrace => 117, process_vm_readv => 270, mount => 40, fsopen => 430, open_tree => 428, move_mount => 429, mount_setattr => 442,
      unshare => 97, clone3 => 435, setns => 268, pivot_root => 41, chroot => 51, bpf => 280, userfaultfd => 282, keyctl => 219, add_key => 217,
      perf_event_open => 241, open_by_handle_at => 265, io_uring_setup => 425, kexec_load => 104, init_module => 105, swapon => 224,
      reboot => 142, acct => 89, setxattr => 5 },
  );
  my ($name, @args) = @ARGV;
  chomp(my $machine = \`uname -m\`);
  my $number = $all{$machine}{$name};
  exit 1 unless defined $number;
  @args = map { /^-?\\d+$/ ? $_ + 0 : $_ eq "BUFFER" ? "\\0" x 256 : "$_\\0" } @args;
  my $result = syscall($number, @args);
  exit($result == -1 ? 1 : 0);
' "$@"; }
socket_of() { perl -e 'socket(my $s, $ARGV[0], $ARGV[1], $ARGV[2]) ? exit 0 : exit 1' "$@"; }
`;
