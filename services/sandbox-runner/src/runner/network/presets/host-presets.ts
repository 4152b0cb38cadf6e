import { SandboxError } from '@heddle/sandbox';
import type { PresetAccess, Presets } from './presets.js';

/** The presets of this host. */
export class HostPresets implements Presets {
  access(preset: string): Promise<PresetAccess> {
    return Promise.reject(new SandboxError('EGRESS_UNAVAILABLE', `there is no preset ${preset}`));
  }
}
