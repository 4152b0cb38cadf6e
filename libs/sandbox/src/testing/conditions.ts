export interface ConditionFacts {
  /** A file of the host that anyone may read. */
  readonly secret: string;
  /** Processes of the host. */
  readonly pids: readonly [number, number];
}

/** What holds inside of every boundary, as conditions of bash: names and scripts. */
export function conditions({ secret, pids }: ConditionFacts): (readonly [string, string])[] {
  return [
    [
      'reads no file of the host',
      `! cat ${secret} && ! cat /etc/shadow && ! ls /root/.ssh /home/agent/.. /var/lib 2>/dev/null | grep -v agent`,
    ],
    [
      'sees no process of the host and no argument of its own boundary',
      `[ $(ls -d /proc/[0-9]* | wc -l) -lt 8 ] && ! tr '\\0' ' ' < /proc/1/cmdline | grep -q "box/mer""ged"`,
    ],
    ['sees no environment of the platform', '! tr "\\0" "\\n" < /proc/1/environ | grep -v "^PWD=/$" | grep .'],
    [
      'writes no kernel setting',
      '! echo x > /proc/sys/kernel/core_pattern && ! echo 1 > /proc/sys/kernel/panic && ! echo b > /proc/sysrq-trigger',
    ],
    ['finds no kernel setting writable', '[ -z "$(find /proc/sys -writable 2>/dev/null)" ]'],
    ['finds no directory of devices writable', '! touch /dev/x && ! mkdir /dev/d && echo fine > /dev/null'],
    [
      'mounts nothing',
      '! mount -t tmpfs x /mnt && ! mount -o remount,rw /usr && ! unshare -U true && ! unshare -Urm true',
    ],
    ['makes no device and no whiteout', '! mknod x b 8 0 && ! mknod y c 1 1 && ! mknod z c 0 0'],
    [
      'has no capability and gets none from a setuid program',
      'grep -q "^CapEff:.0*$" /proc/self/status && grep -q "^CapBnd:.0*$" /proc/self/status && grep -q "^NoNewPrivs:.1$" /proc/self/status',
    ],
    [
      'has no network',
      `! timeout 2 bash -c 'echo > /dev/tcp/1.1.1.1/53' && ! timeout 2 bash -c 'echo > /dev/tcp/169.254.169.254/80' && [ $(tail -n +3 /proc/net/dev | wc -l) -le 1 ]`,
    ],
    [
      'writes nowhere but where it may',
      '! touch /usr/x && ! touch /x && ! touch /etc/x && ! touch /run/heddle/x && ! touch /opt/heddle/node/bin/x',
    ],
    ['signals nobody outside', `! kill -9 ${String(pids[0])} && ! kill -0 ${String(pids[1])}`],
    ['holds no descriptor of the platform', '[ "$(ls /proc/self/fd | wc -l)" = 4 ]'],
    ['can reopen its output by name', 'echo fine > /dev/stderr && echo fine > /dev/stdout'],
    ['cannot fill the shared memory of the host', '! head -c 100000000 /dev/zero > /dev/shm/x'],
  ];
}

export const CONDITIONS = conditions({ secret: '', pids: [0, 0] }).map(([name]) => name);
