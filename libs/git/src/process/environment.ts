/** Which git directory a process works on, and with which private index and object directories. All paths are absolute. */
export interface GitLocation {
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  /** Where new objects go; the store's own directory is then named among `alternates`. */
  readonly objectDirectory?: string;
  readonly alternates?: readonly string[];
}

export interface GitEnvironmentOptions extends GitLocation {
  /** A generated global configuration (for `safe.directory`); absent: none at all. */
  readonly globalConfig?: string;
  /** Protocols that git may use; absent: none, so no command can reach out by accident. */
  readonly protocols?: readonly GitProtocol[];
  /** Configuration that outranks the repository's own. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  /** Directories above which git does not look for a repository. */
  readonly ceiling?: string;
  /** Set by the transport for ssh remotes; always a fixed text, never user input. */
  readonly sshCommand?: string;
  /** Paths are taken literally unless a command needs a pattern of its own. */
  readonly pathspecMagic?: boolean;
  /** Lets proxy settings of the service reach git: for remotes only. */
  readonly network?: boolean;
}

export type GitProtocol = 'file' | 'http' | 'https' | 'ssh';

/** Outranks what a repository's own configuration says: none of it may start a program or look outside. */
const HARDENING: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.askPass', ''],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['credential.helper', ''],
  ['http.followRedirects', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['push.gpgSign', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

const NETWORK_VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
] as const;

/** The whole environment of a git process, built from nothing: what the service was started with does not leak in. */
export function gitEnvironment(options: GitEnvironmentOptions): Record<string, string> {
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    // No home: curl would read its .netrc, git its configuration.
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: options.globalConfig ?? '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: options.pathspecMagic === true ? '0' : '1',
    GIT_PAGER: 'cat',
    GIT_EDITOR: 'false',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_SSH_COMMAND: options.sshCommand ?? 'false',
    GIT_ALLOW_PROTOCOL: (options.protocols ?? []).join(':'),
  };
  if (options.gitDir !== undefined) env['GIT_DIR'] = options.gitDir;
  if (options.workTree !== undefined) env['GIT_WORK_TREE'] = options.workTree;
  if (options.indexFile !== undefined) env['GIT_INDEX_FILE'] = options.indexFile;
  if (options.objectDirectory !== undefined) env['GIT_OBJECT_DIRECTORY'] = options.objectDirectory;
  if (options.alternates !== undefined && options.alternates.length > 0) {
    env['GIT_ALTERNATE_OBJECT_DIRECTORIES'] = options.alternates.join(':');
  }
  if (options.ceiling !== undefined) env['GIT_CEILING_DIRECTORIES'] = options.ceiling;
  if (options.network === true) copyNetworkVariables(env);
  addConfig(env, [...HARDENING, ...(options.config ?? [])]);
  return env;
}

function copyNetworkVariables(env: Record<string, string>): void {
  for (const name of NETWORK_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
}

function addConfig(env: Record<string, string>, entries: readonly (readonly [string, string])[]): void {
  env['GIT_CONFIG_COUNT'] = String(entries.length);
  entries.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${String(index)}`] = key;
    env[`GIT_CONFIG_VALUE_${String(index)}`] = value;
  });
}
