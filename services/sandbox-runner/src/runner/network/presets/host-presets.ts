import { SandboxError } from '@heddle/sandbox';
import { cargoAccess } from './cargo.preset.js';
import { goAccess } from './go.preset.js';
import { mavenAccess } from './maven.preset.js';
import { npmAccess } from './npm.preset.js';
import { pipAccess } from './pip.preset.js';
import type { PresetAccess, Presets } from './presets.js';
import { serviceAccess } from './service-presets.js';

/** Asking a client takes up to a second; what its configuration says holds for a while. */
const HOLDS_MS = 60_000;

const CLIENTS: Readonly<Record<string, () => Promise<PresetAccess>>> = {
  NPM: npmAccess,
  PIP: pipAccess,
  GO: goAccess,
  CARGO: cargoAccess,
  MAVEN: mavenAccess,
};

/** The presets as the clients on this host are configured. */
export class HostPresets implements Presets {
  private readonly known = new Map<string, { readonly until: number; readonly access: Promise<PresetAccess> }>();

  async access(preset: string): Promise<PresetAccess> {
    const service = serviceAccess(preset);
    if (service !== undefined) return service;
    const known = this.known.get(preset);
    if (known !== undefined && performance.now() < known.until) return known.access;
    const ask = CLIENTS[preset];
    if (ask === undefined) throw new SandboxError('EGRESS_UNAVAILABLE', `there is no preset ${preset}`);
    const access = ask();
    this.known.set(preset, { until: performance.now() + HOLDS_MS, access });
    access.catch(() => this.known.delete(preset));
    return access;
  }
}
