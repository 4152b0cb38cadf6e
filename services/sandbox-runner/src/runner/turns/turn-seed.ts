import { agentAdapter } from '@heddle/agents';
import { hostIdentity, type BoxSeed, type JournalState } from '@heddle/sandbox';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { deltaLayer } from '../layers/delta-layer.js';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { fetchConversation } from './conversation-store.js';

/** What the boxes of a further turn begin with, as the sandbox's journal has it. */
export interface TurnSeed {
  readonly box?: BoxSeed;
  /** Absent: the agent has no conversation to go on with. */
  readonly conversationId?: string;
  /** Of the host, whose disk may have lost what was written in an earlier life of it. */
  readonly bootId?: string;
}

const PHASE = 'seed';

/** Empty for a first turn, and before the sandbox was made. */
export function recordedSeed(state: JournalState): TurnSeed {
  return (state.phases.get(PHASE) as TurnSeed | undefined) ?? {};
}

/** Brings the last turn's tree and the agent's conversation to this host; a repeat finds them. */
export async function seedTurn(context: PhaseContext, sandbox: Sandbox, signal: AbortSignal): Promise<TurnSeed> {
  const { resume } = sandbox.spec;
  if (resume === undefined) return {};
  const { bootId } = await hostIdentity();
  const recorded = recordedSeed(await sandbox.state());
  if (recorded.bootId === bootId) return recorded;
  const { layer } =
    resume.commit === ''
      ? { layer: undefined }
      : await sandbox.exclusively(() =>
          whileUnavailable(signal, () => deltaLayer(sandbox, resume.commit, context.store)),
        );
  const home = await conversationOf(context, sandbox, bootId, signal);
  const seed: TurnSeed = {
    bootId,
    ...(layer === undefined && home === undefined
      ? {}
      : {
          box: {
            ...(layer === undefined ? {} : { workTree: layer }),
            ...(home === undefined ? {} : { home }),
          },
        }),
    ...(home === undefined ? {} : { conversationId: resume.conversationId }),
  };
  await sandbox.recordPhase(PHASE, seed);
  return seed;
}

/** Undefined where there is none that the agent could go on with here. */
async function conversationOf(
  { hello, store }: PhaseContext,
  sandbox: Sandbox,
  bootId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { resume, agent } = sandbox.spec;
  if (resume === undefined || resume.conversationId === '' || resume.conversationCommit === '') return undefined;
  // Without a boundary each box has a place of its own, and agents look conversations up by their place.
  if (hello.inside === undefined || !agentAdapter(agent?.kind ?? '').capabilities.resumes) return undefined;
  return whileUnavailable(signal, () => fetchConversation(sandbox, store, resume.conversationCommit, bootId));
}
