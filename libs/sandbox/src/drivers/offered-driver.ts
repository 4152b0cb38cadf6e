import { SandboxError } from '../sandbox-error.js';
import type { DriverDescription } from './sandbox-driver.js';

/** The drivers that a host's boxes can have. */
export interface DriverOffer {
  /** Of boxes that ask for none. */
  readonly description: DriverDescription;
  /** Containers beside it; `refusal`: why no box gets one all the same. */
  readonly containers?: { readonly description: DriverDescription; readonly refusal?: string | undefined } | undefined;
}

/**
 * What a box that asks for `driver` really gets; empty or absent: for none.
 * @throws SandboxError DRIVER_NOT_AVAILABLE, with the way out
 */
export function offeredDriver({ description, containers }: DriverOffer, driver: string | undefined): DriverDescription {
  if (driver === undefined || driver === '' || driver === description.driver) return description;
  const refused = (why: string): SandboxError =>
    new SandboxError('DRIVER_NOT_AVAILABLE', `The environment asks for the driver ${driver}, and ${why}`);
  if (driver !== 'CONTAINER')
    throw refused(`this runner's sandboxes are ${description.driver}: leave the driver empty`);
  if (containers === undefined)
    throw refused(
      'this runner has no container engine: have its operator name one in HEDDLE_CONTAINER_HOST, or leave the driver empty',
    );
  if (containers.refusal !== undefined) throw refused(`containers don't work on this runner: ${containers.refusal}`);
  return containers.description;
}
