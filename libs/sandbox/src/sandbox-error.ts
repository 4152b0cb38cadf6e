/**
 * Why something about a sandbox failed. These reasons never cross a public door: the runner hands them to the workflow
 * as failure types, which is why they are not part of the doors' catalogue.
 */
export type SandboxReason =
  | 'SANDBOX_UNAVAILABLE'
  | 'SANDBOX_UNKNOWN'
  | 'SANDBOX_MOUNT_FAILED'
  | 'SANDBOX_NOT_FROZEN'
  | 'SANDBOX_NOT_EMPTY'
  | 'SANDBOX_SPAWN_FAILED'
  | 'SANDBOX_SELF_TEST_FAILED'
  | 'CAPTURE_FAILED'
  /** The root file system that the environment names is none that this host's operator lets it have. */
  | 'ROOTFS_NOT_ALLOWED'
  /** The box asks for a driver that this host's operator does not offer, or that can't work here. */
  | 'DRIVER_NOT_AVAILABLE'
  /** Nobody can have a terminal in a box of this driver. */
  | 'TERMINAL_NOT_AVAILABLE'
  | 'SETUP_SCRIPT_FAILED'
  | 'SETUP_SECRET_IN_LAYER'
  /** The rules ask for a network that this host's sandboxes can't have. */
  | 'EGRESS_UNAVAILABLE'
  /** The supervisor that knew the grant is gone: grant again. */
  | 'EGRESS_NOT_GRANTED'
  /** The operators want this version of the agent's program on no runner. */
  | 'AGENT_NOT_INSTALLED'
  | 'AGENT_INSTALL_FAILED';

export class SandboxError extends Error {
  override readonly name = 'SandboxError';
  /** Of a SANDBOX_SELF_TEST_FAILED: each in words. */
  readonly failedProbes: readonly string[];

  constructor(
    readonly reason: SandboxReason,
    message: string,
    options: { readonly cause?: unknown; readonly failedProbes?: readonly string[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failedProbes = options.failedProbes ?? [];
  }

  /** By name, not by class: several copies of this package may be loaded (test realms). */
  static is(error: unknown): error is SandboxError {
    return error instanceof Error && error.name === 'SandboxError' && 'reason' in error;
  }
}

/** The errno word of a Node system error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  // Not `instanceof Error`: Node's own errors belong to another realm than a test's.
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
