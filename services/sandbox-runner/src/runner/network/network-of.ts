import type { NetworkRule } from '@heddle/contracts';
import type { SandboxSpec } from '@heddle/contracts/internal';

/** What a box is for decides what it may reach. */
export type BoxPhase = 'SETUP' | 'AGENT' | 'CHECK';

/** The environment's rules for a box; none: it gets no network. Checks reach nothing: their outcome is evidence. */
export function networkOf(spec: SandboxSpec, phase: BoxPhase): readonly NetworkRule[] {
  if (phase === 'SETUP') return spec.network?.setup ?? [];
  if (phase === 'AGENT') return spec.network?.agent ?? [];
  return [];
}
