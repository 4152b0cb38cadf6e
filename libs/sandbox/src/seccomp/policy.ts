/** What the kernel does with a call. Errors are names of errno(3). */
export type Verdict = 'ALLOW' | 'KILL' | 'EPERM' | 'ENOSYS' | 'EAFNOSUPPORT' | 'EPROTONOSUPPORT';

/**
 * True if `argument & mask` is one of `values`. Only the lower 32 bits are looked at, as the kernel itself does with all
 * arguments that are named here: a filter that compared the upper ones too would be passed by setting one of them.
 */
export interface Condition {
  readonly argument: 0 | 1 | 2 | 3 | 4 | 5;
  readonly mask: number;
  readonly values: readonly number[];
}

/** The verdict of the first of `cases` whose conditions are all true, else `otherwise`. */
export interface ArgumentRule {
  readonly cases: readonly { readonly when: readonly Condition[]; readonly verdict: Verdict }[];
  readonly otherwise: Verdict;
}

/** Calls that every program may make, by what they are for. What is not named in this file gets EPERM. */
export const ALLOWED_CALLS: Readonly<Record<string, readonly string[]>> = {
  'files: open, read, write': words(`
    open openat openat2 creat close close_range read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2
    lseek dup dup2 dup3 fcntl flock fsync fdatasync sync syncfs sync_file_range truncate ftruncate fallocate fadvise64
    readahead sendfile copy_file_range splice tee vmsplice cachestat`),
  'files: names and attributes': words(`
    stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents getdents64
    link linkat symlink symlinkat unlink unlinkat rename renameat mkdir mkdirat rmdir chdir fchdir getcwd umask
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat name_to_handle_at
    getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr
    listxattrat removexattr lremovexattr fremovexattr removexattrat`),
  memory: words(`
    brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 mlockall munlock munlockall mseal membarrier
    remap_file_pages memfd_create pkey_alloc pkey_free pkey_mprotect map_shadow_stack`),
  'processes and threads': words(`
    fork vfork execve execveat exit exit_group wait4 waitid set_tid_address set_robust_list get_robust_list gettid getpid
    getppid getpgrp getpgid setpgid getsid setsid pidfd_open pidfd_send_signal process_mrelease prctl arch_prctl rseq
    set_thread_area get_thread_area restart_syscall`),
  scheduling: words(`
    sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler
    sched_getattr sched_setattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority
    setpriority ioprio_get ioprio_set getcpu`),
  signals: words(`
    kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait
    rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack signalfd signalfd4 pause alarm`),
  'waiting: poll, futex, events': words(`
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
    futex futex_waitv futex_wake futex_wait futex_requeue io_setup io_destroy io_submit io_cancel io_getevents
    io_pgetevents inotify_init inotify_init1 inotify_add_watch inotify_rm_watch`),
  time: words(`
    time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep times getitimer setitimer timer_create
    timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime`),
  'pipes and sockets; which sockets is said below': words(`
    pipe pipe2 bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt shutdown sendto sendmsg
    sendmmsg recvfrom recvmsg recvmmsg`),
  // In the sandbox's own ipc namespace.
  'System V and POSIX ipc': words(`
    shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_timedsend
    mq_timedreceive mq_notify mq_getsetattr`),
  // Inside there is one id and no capability: they can't change anything, and programs that drop rights call them.
  'ids and capabilities': words(`
    getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid
    setfsuid setfsgid setgroups capget capset`),
  'limits and facts of the system': words(`
    getrlimit setrlimit prlimit64 getrusage sysinfo uname getrandom`),
  // A program may shut itself in further.
  'own sandboxes of programs': words(`
    seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self`),
};

/** Their callers have another way and take it on this answer only; EPERM would make them give up. */
export const UNKNOWN_CALLS = words(`
  clone3 statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules open_tree_attr file_getattr
  file_setattr`);

/**
 * Refused, named here so that nobody has to ask why: each has had holes, or is of use only to whoever runs the host.
 * They get what every call gets that is not allowed.
 */
export const REFUSED_CALLS: Readonly<Record<string, readonly string[]>> = {
  'new namespaces: the kernel behind them is what most escapes go through': words('unshare setns'),
  'mounts, also by the new interface': words(`
    mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr`),
  // A debugger does not work inside; the boundary does not depend on it.
  "other processes' memory and descriptors": words(`
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd`),
  'asynchronous calls that a filter does not see': words('io_uring_setup io_uring_enter io_uring_register'),
  'programs in the kernel, and its counters': words('bpf perf_event_open'),
  // Keys are kept per user of the host, not per sandbox.
  'key rings': words('add_key request_key keyctl'),
  'a thread that can stop the kernel in the middle of a call': words('userfaultfd'),
  'files by handle: past every mount': words('open_by_handle_at'),
  'watching whole file systems': words('fanotify_init fanotify_mark'),
  'the kernel itself': words(`
    init_module finit_module delete_module kexec_load kexec_file_load reboot syslog swapon swapoff acct quotactl
    quotactl_fd settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname vhangup iopl ioperm
    modify_ldt nfsservctl`),
  'memory policies, and memory that can not be looked at': words(`
    mbind get_mempolicy set_mempolicy set_mempolicy_home_node migrate_pages move_pages memfd_secret`),
};

const ALL_BITS = 0xffff_ffff;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME is no flag of clone(2). */
const CLONE_NEW = 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000;
/** Bytes into the terminal's input; commands to a virtual console; line disciplines, which load kernel modules. */
const [TIOCSTI, TIOCLINUX, TIOCSETD] = [0x5412, 0x541c, 0x5423];
const FILE_TYPE = 0o170000;
/** Regular (also as 0), FIFO, socket. Not a device, and not the device 0:0 that an overlay takes for a deletion. */
const PLAIN_FILE_TYPES = [0, 0o100000, 0o010000, 0o140000];
/** Makes such a device 0:0 where the file was. */
const RENAME_WHITEOUT = 4;
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [1, 2, 10, 16];
/** Chosen by the family, ICMP, TCP, UDP, ICMPv6: others load kernel modules that nobody tests against an attacker. */
const IP_PROTOCOLS = [0, 1, 6, 17, 58];
/** Interfaces and addresses of the own network namespace: name resolution asks for them. */
const NETLINK_ROUTE = 0;
/** Linux, 32-bit answers of uname, the old version in uname, both, and the question alone. None weakens the address space. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, ALL_BITS];

/** Calls of which some uses are refused. */
export const ARGUMENT_RULES: Readonly<Record<string, ArgumentRule>> = {
  clone: allowIf({ argument: 0, mask: CLONE_NEW, values: [0] }),
  ioctl: refuseIf({ argument: 1, mask: ALL_BITS, values: [TIOCSTI, TIOCLINUX, TIOCSETD] }),
  mknod: allowIf({ argument: 1, mask: FILE_TYPE, values: PLAIN_FILE_TYPES }),
  mknodat: allowIf({ argument: 2, mask: FILE_TYPE, values: PLAIN_FILE_TYPES }),
  renameat2: allowIf({ argument: 4, mask: RENAME_WHITEOUT, values: [0] }),
  personality: allowIf({ argument: 0, mask: ALL_BITS, values: PERSONALITIES }),
  socket: {
    cases: [
      { when: [{ argument: 0, mask: ALL_BITS, values: [AF_UNIX] }], verdict: 'ALLOW' },
      {
        when: [
          { argument: 0, mask: ALL_BITS, values: [AF_INET, AF_INET6] },
          { argument: 2, mask: ALL_BITS, values: IP_PROTOCOLS },
        ],
        verdict: 'ALLOW',
      },
      { when: [{ argument: 0, mask: ALL_BITS, values: [AF_INET, AF_INET6] }], verdict: 'EPROTONOSUPPORT' },
      {
        when: [
          { argument: 0, mask: ALL_BITS, values: [AF_NETLINK] },
          { argument: 2, mask: ALL_BITS, values: [NETLINK_ROUTE] },
        ],
        verdict: 'ALLOW',
      },
    ],
    otherwise: 'EAFNOSUPPORT',
  },
  socketpair: {
    cases: [{ when: [{ argument: 0, mask: ALL_BITS, values: [AF_UNIX] }], verdict: 'ALLOW' }],
    otherwise: 'EAFNOSUPPORT',
  },
};

function allowIf(condition: Condition): ArgumentRule {
  return { cases: [{ when: [condition], verdict: 'ALLOW' }], otherwise: 'EPERM' };
}

function refuseIf(condition: Condition): ArgumentRule {
  return { cases: [{ when: [condition], verdict: 'EPERM' }], otherwise: 'ALLOW' };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
