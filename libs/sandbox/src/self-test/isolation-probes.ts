/** A shell condition that is true inside a sandbox that holds. */
export interface IsolationProbe {
  readonly name: string;
  readonly script: string;
}

/** Cheap ones only (shell built-ins where possible): they run at every start of the supervisor. */
export const ISOLATION_PROBES: readonly IsolationProbe[] = [
  {
    name: 'the work tree shows the base and takes writes',
    script: 'read line <tracked && [ "$line" = base ] && echo x >tracked && echo y >new',
  },
  {
    name: 'files of the host are out of reach',
    script: '[ ! -e "$SECRET_PATH" ] && [ ! -e /etc/shadow ] && [ ! -e /root/.bashrc ]',
  },
  { name: 'processes of the host are out of sight', script: '[ "$(echo /proc/[0-9]*/stat | wc -w)" -lt 20 ]' },
  { name: 'kernel settings are out of reach', script: '! true >>/proc/sys/kernel/core_pattern' },
  {
    name: 'the environment of the platform is out of sight',
    script: '! tr "\\0" "\\n" </proc/1/environ | grep -q -e "^HEDDLE_" -e "^HOME="',
  },
  { name: 'there is no network but loopback', script: '[ "$(grep -c : /proc/net/dev)" -le 1 ]' },
  {
    name: 'no capability is left',
    script:
      'grep -q "^CapEff:[[:space:]]*0*$" /proc/self/status && grep -q "^CapBnd:[[:space:]]*0*$" /proc/self/status',
  },
  { name: 'the user is not root', script: '[ "$(id -u)" != 0 ]' },
  { name: 'no further user namespace can be made', script: '! unshare --user true' },
  {
    name: 'programs of the host are read-only',
    script: '! true >>/usr/bin/env && ! true >/usr/heddle-probe && ! true >/heddle-probe',
  },
];
