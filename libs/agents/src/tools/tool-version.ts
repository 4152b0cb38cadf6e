import type { AgentTool } from './agent-tools.js';

const VERSION = /(?<![\w.])(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[0-9A-Za-z][0-9A-Za-z.-]{0,39})?/;
const WHOLE = new RegExp(`^${VERSION.source}$`);

/** One exact version, as npm has it: no range, no tag, and a name that a directory may have. */
export function isToolVersion(text: string): boolean {
  return WHOLE.test(text);
}

/** The version in what `--version` printed; undefined if there is none. */
export function versionIn(output: string): string | undefined {
  return VERSION.exec(output)?.[0];
}

/**
 * What a task gets that names no version: the newest release that operators want on the runners, else the pinned one.
 * A pre-release is had by its name only.
 */
export function defaultVersion(tool: AgentTool, wanted: readonly string[]): string {
  const releases = wanted.filter((version) => isToolVersion(version) && !version.includes('-'));
  return releases.sort(compare).at(-1) ?? tool.pinned;
}

function compare(one: string, other: string): number {
  const [left, right] = [numbers(one), numbers(other)];
  const index = left.findIndex((number, at) => number !== right[at]);
  return index === -1 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}

function numbers(version: string): number[] {
  return version.split('.').map(Number);
}
