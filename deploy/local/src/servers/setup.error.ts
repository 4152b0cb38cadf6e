/**
 * Something that the local platform needs cannot be had. `waysOut` are the things a person can do about it,
 * each one enough by itself; the message lists them.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError';

  constructor(
    public readonly reason: SetupReason,
    summary: string,
    public readonly waysOut: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super([summary, ...waysOut.map((way) => `  - ${way}`)].join('\n'), options);
  }
}

export type SetupReason =
  | 'BUBBLEWRAP_MISSING'
  | 'CHECKSUM_MISMATCH'
  | 'COMMAND_FAILED'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_VERSION_MISMATCH'
  | 'DIRECTORY_UNREACHABLE'
  | 'DOWNLOAD_FAILED'
  | 'ENTRY_POINT_MISSING'
  | 'GO_UNUSABLE'
  | 'NO_UNPRIVILEGED_USER'
  | 'PLATFORM_UNSUPPORTED'
  | 'PORT_TAKEN'
  | 'PROCESS_NOT_READY'
  | 'SERVER_NOT_FOUND'
  | 'SETTING_INVALID'
  | 'START_ABORTED';
