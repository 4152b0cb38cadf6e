/** A shell condition that is true inside a sandbox that holds. */
export interface IsolationProbe {
  readonly name: string;
  readonly script: string;
}

/** What the self-test lets the scripts know, as variables of their environment. */
export interface ProbeFacts {
  /** A file of the host that anyone may read. */
  readonly SECRET_PATH: string;
  /** A process of the host. */
  readonly HOST_PID: string;
  /** The directory that the box's mounts come from. */
  readonly BOX_PATH: string;
  /** `pid:[4026531836] net:[…] …`, those of the platform. */
  readonly HOST_NAMESPACES: string;
}

/** Of each file system in memory; the probes write more. */
export const PROBE_TMPFS_BYTES = 1024 * 1024;

const NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts'] as const;

/** All that a sandbox may write to; devices are single files below /dev. */
const WRITABLE_MOUNTS = '/proc|/dev/*|/tmp|/workspace|/home/agent';
/** In a container also what the engine makes, as long as it is root's alone: places of its own, and devices over files. */
const CONTAINER_MOUNTS = `${WRITABLE_MOUNTS}|/var/tmp|/proc/*`;

const KERNEL_SETTINGS = [
  ...['core_pattern', 'panic', 'modprobe', 'shmmax', 'hostname'].map((name) => `/proc/sys/kernel/${name}`),
  ...['/proc/sys/net/core/somaxconn', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/vm/overcommit_memory'],
  ...['/proc/sys/fs/file-max', '/proc/sysrq-trigger'],
].join(' ');

const COMMON_PROBES: readonly IsolationProbe[] = [
  {
    name: 'the work tree shows the base and takes writes',
    script: 'read line <tracked && [ "$line" = base ] && echo x >tracked && echo y >new',
  },
  { name: 'files of the base belong to the user', script: '[ -O tracked ]' },
  { name: "another user's files stay closed", script: '! read line <private' },
  {
    name: 'files of the host are out of reach',
    script: '[ ! -e "$SECRET_PATH" ] && [ ! -e /etc/shadow ] && [ ! -e /root/.bashrc ]',
  },
  {
    name: 'processes of the host are out of sight',
    script: '[ "$(echo /proc/[0-9]*/stat | wc -w)" -lt 20 ] && ! kill -0 "$HOST_PID"',
  },
  ...NAMESPACES.map(ownNamespace),
  {
    name: 'kernel settings are out of reach',
    script: `for file in ${KERNEL_SETTINGS}; do ! true >>"$file" || exit 1; done`,
  },
  {
    name: 'the environment of the platform is out of sight',
    script: '! tr "\\0" "\\n" </proc/1/environ | grep -q -e "^HEDDLE_" -e "^HOME=" -e "^PATH="',
  },
  {
    name: 'paths of the host are out of sight',
    script: '! tr "\\0" "\\n" </proc/1/cmdline | grep -qF "$BOX_PATH"',
  },
  { name: 'there is no network but loopback', script: '[ "$(grep -c : /proc/net/dev)" -le 1 ]' },
  {
    name: 'no capability is left',
    script: '[ "$(grep -c "^Cap[A-Z][a-z]*:[[:space:]]*0*$" /proc/self/status)" = 5 ]',
  },
  { name: 'no program gives new rights', script: 'grep -q "^NoNewPrivs:[[:space:]]*1$" /proc/self/status' },
  {
    name: 'system calls are filtered',
    script: '[ "$(grep -h "^Seccomp:[[:space:]]*2$" /proc/1/status /proc/self/status | wc -l)" = 2 ]',
  },
  { name: 'the user is not root', script: '[ "$(id -u)" != 0 ]' },
  { name: 'no further user namespace can be made', script: '! unshare --user true' },
  { name: 'nothing can be mounted', script: '! mount -t tmpfs heddle /tmp && ! mount -o remount,rw /usr' },
  {
    name: 'no device and no whiteout can be made',
    script: '! mknod /tmp/a c 1 3 && ! mknod /tmp/b b 8 0 && ! mknod /tmp/c c 0 0 && mkfifo /tmp/d',
  },
  {
    name: 'the terminal of the platform is another session',
    script: 'read -r stat </proc/self/stat && set -- $stat && [ "$6" != 0 ]',
  },
  {
    name: 'programs of the host are read-only',
    script: '! true >>/usr/bin/env && ! true >/usr/heddle-probe && ! true >/heddle-probe && ! true >/dev/heddle-probe',
  },
  { name: 'shared memory has a size', script: '! head -c 1100000 /dev/zero >/dev/shm/x' },
  { name: 'temporary files have a size', script: '! head -c 1100000 /dev/zero >/tmp/x' },
];

/**
 * Those for a driver. Cheap ones only (shell built-ins where possible): they run at every start of the supervisor. What a
 * driver says of itself that it lacks is not asked for.
 */
export function isolationProbes(driver: string): readonly IsolationProbe[] {
  if (driver === 'CONTAINER')
    return [...COMMON_PROBES, writableMounts(CONTAINER_MOUNTS, '[ ! -w "$point" ] || exit 1')];
  return [...COMMON_PROBES, ownNamespace('user'), writableMounts(WRITABLE_MOUNTS, 'exit 1')];
}

function ownNamespace(namespace: string): IsolationProbe {
  return {
    name: `the ${namespace} namespace is its own`,
    script: `own="$(readlink /proc/self/ns/${namespace})" && [ -n "$own" ] && case " $HOST_NAMESPACES " in *" $own "*) false;; esac`,
  };
}

function writableMounts(expected: string, otherwise: string): IsolationProbe {
  return {
    name: 'nothing else is mounted writable',
    script: `while read -r _ _ _ _ point options _; do case "$options" in rw|rw,*) case "$point" in ${expected});; *) ${otherwise};; esac;; esac; done </proc/self/mountinfo`,
  };
}
