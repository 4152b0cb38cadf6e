import type { ModelAccess, SandboxSecret } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { whileUnavailable } from '../activities/while-unavailable.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SandboxSpecs } from '../service-clients/sandbox-specs.js';
import { hideAll, maskOf, type Mask } from './secret-mask.js';

const PHASE = 'secrets';

/** What the journal says of them. */
interface Recorded {
  readonly count: number;
}

/** A value that must be nowhere but where it is for. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

interface Known {
  readonly secrets: readonly SandboxSecret[];
  readonly model: ModelAccess | undefined;
  readonly mask: Mask;
}

/**
 * The secrets of the sandboxes' environments, and what their agents reach their models by, asked for once per sandbox:
 * whatever is done with them in it is done with the same values. They are in memory only.
 */
export class SandboxSecrets {
  private readonly known = new Map<string, Known>();

  constructor(private readonly specs: Pick<SandboxSpecs, 'secrets'>) {}

  /**
   * Waits for as long as the service that knows them is away.
   * @throws HeddleError FENCE_SUPERSEDED, OWNER_NOT_FOUND, ATTEMPT_ENDED, SECRET_UNREADABLE; the signal's reason
   */
  async of(sandbox: Sandbox, signal?: AbortSignal): Promise<readonly SandboxSecret[]> {
    return (await whileUnavailable(signal, () => this.ask(sandbox))).secrets;
  }

  /** By what the sandbox's agent reaches its model, if it does by a credential. Waits, and throws, as `of`. */
  async model(sandbox: Sandbox, signal?: AbortSignal): Promise<ModelAccess | undefined> {
    return (await whileUnavailable(signal, () => this.ask(sandbox))).model;
  }

  /** All values that trees are looked through for. Waits, and throws, as `of`. */
  async values(sandbox: Sandbox, signal?: AbortSignal): Promise<readonly NamedValue[]> {
    return allOf(await whileUnavailable(signal, () => this.ask(sandbox)));
  }

  /**
   * Hides the values in what leaves the host. Of a sandbox whose owner is over they are told to nobody any more: if there
   * are some that this process does not know, it hides everything.
   * @throws HeddleError when the service that knows them is away
   */
  async mask(sandbox: Sandbox): Promise<Mask> {
    try {
      return (await this.ask(sandbox)).mask;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const recorded = (await sandbox.state()).phases.get(PHASE) as Recorded | undefined;
      return recorded?.count === 0 ? maskOf([]) : hideAll;
    }
  }

  /** Nothing is done in the sandbox any more. */
  forget(sandbox: Sandbox): void {
    this.known.delete(sandbox.name);
  }

  private async ask(sandbox: Sandbox): Promise<Known> {
    const known = this.known.get(sandbox.name);
    if (known !== undefined) return known;
    return sandbox.shared(PHASE, async () => {
      const { secrets, model } = await this.specs.secrets(sandbox.owner);
      const values = allOf({ secrets, model });
      const found = { secrets, model, mask: maskOf(values.map(({ value }) => value)) };
      await sandbox.recordPhase(PHASE, { count: values.length } satisfies Recorded);
      this.known.set(sandbox.name, found);
      return found;
    });
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'FENCE_SUPERSEDED',
  'OWNER_NOT_FOUND',
  'ATTEMPT_NOT_FOUND',
  'ATTEMPT_ENDED',
  'JOB_NOT_FOUND',
  'JOB_ENDED',
]);

function allOf({ secrets, model }: Pick<Known, 'secrets' | 'model'>): readonly NamedValue[] {
  return model === undefined ? secrets : [...secrets, model];
}

/** For good: whoever asks again is told the same. */
function isRefusal(error: unknown): boolean {
  return HeddleError.is(error) && REFUSALS.has(error.reason);
}
