import {
  allPids,
  commandLine,
  endProcess,
  environmentOf,
  identify,
  isAlive,
  type ProcessIdentity,
} from '../processes/process-identity.js';
import type { ProcessSpec, StopRule } from '../processes/process-spec.js';
import type { Say } from '../servers/progress.js';

/** Each managed process carries these, so that one whose launcher died before it wrote anything down is found too. */
const MARK_DIRECTORY = 'HEDDLE_LAUNCHED_FOR';
const MARK_NAME = 'HEDDLE_LAUNCHED_AS';

export function marks(dataDirectory: string, name: string): NodeJS.ProcessEnv {
  return { [MARK_DIRECTORY]: dataDirectory, [MARK_NAME]: name };
}

/** How to recognise, and to end, what an earlier launcher may have left of one process. */
export type Heir = Pick<ProcessSpec, 'name' | 'recognisedBy' | 'stop' | 'takeOver'>;

/**
 * Ends what a killed launcher left behind for this data directory, in the given order (each group together). Agents
 * are not among them: they run in sessions of their own, and the next supervisor adopts them.
 */
export async function endLeftovers(
  dataDirectory: string,
  earlier: ReadonlyMap<string, ProcessIdentity>,
  groups: readonly (readonly Heir[])[],
  say: Say,
): Promise<void> {
  const marked = findMarked(dataDirectory, groups.flat());
  for (const group of groups) {
    await Promise.all(
      group.map(async (heir) => {
        const recorded = earlier.get(heir.name);
        const found = new Map((marked.get(heir.name) ?? []).map((identity) => [identity.pid, identity]));
        if (recorded && isAlive(recorded)) found.set(recorded.pid, recorded);
        const rule: StopRule = heir.takeOver ?? heir.stop;
        for (const identity of found.values()) {
          say(`${heir.name} of an earlier start is still there (pid ${identity.pid}): ending it`);
          await endProcess(identity, rule);
        }
      }),
    );
  }
}

function findMarked(dataDirectory: string, heirs: readonly Heir[]): Map<string, ProcessIdentity[]> {
  const found = new Map<string, ProcessIdentity[]>();
  for (const pid of allPids()) {
    const environment = environmentOf(pid);
    if (environment.get(MARK_DIRECTORY) !== dataDirectory) continue;
    const heir = heirs.find(({ name }) => name === environment.get(MARK_NAME));
    if (!heir || !commandLine(pid).some((word) => word.endsWith(heir.recognisedBy))) continue;
    const identity = identify(pid);
    if (identity) found.set(heir.name, [...(found.get(heir.name) ?? []), identity]);
  }
  return found;
}
