import { describe, expect, it } from '@jest/globals';
import { SandboxUids } from './sandbox-uids.js';

describe('the users of sandboxes', () => {
  it('are one for each, and none that a sandbox on disk has', () => {
    const first = new SandboxUids('/data/runner').take();
    const uids = new SandboxUids('/data/runner');
    uids.adopt(first);
    const given = Array.from({ length: 4_095 }, () => uids.take());
    expect(new Set([...given, first]).size).toBe(4_096);
    expect(() => uids.take()).toThrow('all 4096 users');
    uids.giveBack(first);
    expect(uids.take()).toBe(first);
  });

  it('come back into use last', () => {
    const uids = new SandboxUids('/data/runner');
    const first = uids.take();
    uids.giveBack(first);
    expect(uids.take()).toBe(first + 1);
  });

  it('fit every program, and differ between data directories', () => {
    const uid = new SandboxUids('/one').take();
    expect(uid).toBeGreaterThanOrEqual(0x7000_0000);
    expect(uid).toBeLessThan(0x8000_0000);
    expect(new SandboxUids('/two').take()).not.toBe(uid);
  });
});
