import type { EgressCredential, EgressRule } from '@heddle/egress';

/** What a preset opens, as this host's configuration has it. */
export interface PresetAccess {
  readonly rules: readonly EgressRule[];
  /** Found in a client's configuration: they stay outside, and are put on the requests. */
  readonly credentials: readonly EgressCredential[];
  /** Named by the operator's own configuration: a mirror may well be in a private network. */
  readonly privateHosts: readonly string[];
  /** The client's configuration for the inside, without credentials. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same where a client takes it from files only: contents by the place inside. */
  readonly files: Readonly<Record<string, string>>;
}

/** What the presets of network rules stand for on this host. */
export interface Presets {
  /** EGRESS_UNAVAILABLE for a client that is not installed here, or a word that is no preset. */
  access(preset: string): Promise<PresetAccess>;
}
