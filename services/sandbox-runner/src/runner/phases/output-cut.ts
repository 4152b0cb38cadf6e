import type { Sandbox } from '../sandboxes/sandbox.js';

/** What is said where a spool did not take everything. */
export function outputCut(sandbox: Sandbox): string {
  return `the output was cut: it is longer than ${String(sandbox.outputCapBytes)} bytes, or the disk was full`;
}
