/** The drivers that an environment may ask for; a runner's own policy has the last word. */
export const SANDBOX_DRIVERS = ['BUBBLEWRAP', 'CONTAINER'] as const;

export type SandboxDriverName = (typeof SANDBOX_DRIVERS)[number];
