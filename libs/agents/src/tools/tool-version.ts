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

/** READY on a runner at least; FAILED on all of them; PENDING: some have not got it yet. */
export type ToolState = 'READY' | 'PENDING' | 'FAILED';

/** A version that operators want on the runners, and how far those are with it. */
export interface WantedVersion {
  readonly version: string;
  readonly state: ToolState;
}

const BEST_FIRST: readonly ToolState[] = ['READY', 'PENDING', 'FAILED'];

/**
 * What a task gets that names no version: the newest release that is READY; where none is, the newest that may become so,
 * then the newest that could not be installed, so that the task ends with the reason; the pinned one where none is wanted.
 * A pre-release is had by its name only.
 */
export function defaultVersion(tool: AgentTool, wanted: readonly WantedVersion[]): string {
  const releases = wanted.filter(({ version }) => isToolVersion(version) && !version.includes('-'));
  const best = BEST_FIRST.find((state) => releases.some((release) => release.state === state));
  const versions = releases.filter(({ state }) => state === best).map(({ version }) => version);
  return versions.sort(compare).at(-1) ?? tool.pinned;
}

function compare(one: string, other: string): number {
  const [left, right] = [numbers(one), numbers(other)];
  const index = left.findIndex((number, at) => number !== right[at]);
  return index === -1 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}

function numbers(version: string): number[] {
  return version.split('.').map(Number);
}
