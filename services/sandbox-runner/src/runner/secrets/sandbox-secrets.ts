import type { SandboxSecret } from '@heddle/contracts/internal';
import { whileUnavailable } from '../activities/while-unavailable.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SandboxSpecs } from '../service-clients/sandbox-specs.js';

/**
 * The secrets of the sandboxes' environments, asked for once per sandbox: whatever is done with them in it is done with
 * the same values. They are in memory only.
 */
export class SandboxSecrets {
  private readonly known = new Map<string, readonly SandboxSecret[]>();

  constructor(private readonly specs: Pick<SandboxSpecs, 'secrets'>) {}

  /**
   * Waits for as long as the service that knows them is away.
   * @throws HeddleError FENCE_SUPERSEDED, OWNER_NOT_FOUND, ATTEMPT_ENDED, SECRET_UNREADABLE; the signal's reason
   */
  of(sandbox: Sandbox, signal?: AbortSignal): Promise<readonly SandboxSecret[]> {
    return whileUnavailable(signal, () => this.ask(sandbox));
  }

  /** Nothing is done in the sandbox any more. */
  forget(sandbox: Sandbox): void {
    this.known.delete(sandbox.name);
  }

  private async ask(sandbox: Sandbox): Promise<readonly SandboxSecret[]> {
    const asked = this.known.get(sandbox.name) ?? (await this.specs.secrets(sandbox.owner));
    // Whoever asked at the same time and was answered first.
    const secrets = this.known.get(sandbox.name) ?? asked;
    this.known.set(sandbox.name, secrets);
    return secrets;
  }
}
