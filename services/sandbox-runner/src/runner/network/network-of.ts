import type { NetworkRule } from '@heddle/contracts';
import type { SandboxSpec } from '@heddle/contracts/internal';

/** What a box is for decides what it may reach. */
export type BoxPhase = 'SETUP' | 'AGENT' | 'CHECK';

/** The environment's rules for a box. Checks reach nothing: their outcome is evidence. */
export function networkOf(spec: SandboxSpec, phase: BoxPhase): readonly NetworkRule[] {
  if (phase === 'SETUP') return spec.network?.setup ?? [];
  if (phase === 'AGENT') return spec.network?.agent ?? [];
  return [];
}

/** The agent reaches a model by a credential: its box has a network also where the environment has no rule. */
export function reachesModel({ agent }: SandboxSpec): boolean {
  return agent !== undefined && agent.credentialId !== '';
}

/** For whoever wonders at a set-up that found nothing: without a network there is no request to record, either. */
export const SETUP_WITHOUT_NETWORK = 'it had no network at all: network.setup of the environment has no rule';

/** False: the box gets no network. */
export function hasNetwork(spec: SandboxSpec, phase: BoxPhase): boolean {
  return networkOf(spec, phase).length > 0 || (phase === 'AGENT' && reachesModel(spec));
}
