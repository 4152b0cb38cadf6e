/**
 * Parts of the boundary that a test can take away one by one, to see that somebody notices. Nothing that a service reads
 * leads here: only `openWeakenedDriver` of the package's testing entry.
 */
export const PROTECTIONS = [
  'seccomp',
  'dropUid',
  'userPerSandbox',
  'newSession',
  'networkNamespace',
  'pidNamespace',
  'ipcNamespace',
  'utsNamespace',
  'noUserNamespaces',
  'noCapabilities',
  'hostFiles',
  'readOnlyRoot',
  'readOnlyPrograms',
  'readOnlySettings',
  'clearEnvironment',
  'hiddenArguments',
  'sharedMemorySize',
  'temporarySize',
  'readOnlyDevices',
] as const;

export type Protection = (typeof PROTECTIONS)[number];
