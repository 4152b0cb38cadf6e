import type { SandboxError } from '@heddle/sandbox';

/** The set-up itself is at fault: trying it again here or elsewhere would change nothing. */
export function isSetupFault({ reason }: SandboxError): boolean {
  return reason === 'SETUP_SCRIPT_FAILED' || reason === 'SETUP_SECRET_IN_LAYER';
}
