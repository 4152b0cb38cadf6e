import { join } from 'node:path';
import { eventually } from '../bounds.js';
import { controlGroups, mountsBelow, processesOf, sandboxesOf } from '../host/leftovers.js';

/** Waits until a running platform holds no sandbox any more: no directory, no mount, no control group, no process in it. */
export async function untilQuiet(dataDirectory: string, groupsBefore: ReadonlySet<string>): Promise<void> {
  let left: string[] = [];
  await eventually('the sandboxes are gone', () => {
    left = sandboxLeftovers(dataDirectory, groupsBefore);
    return left.length === 0 ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${left.join('\n')}`);
  });
}

/** Nothing of a stopped platform may be there but its files. */
export function expectNothingLeft(dataDirectory: string, groupsBefore: ReadonlySet<string>): void {
  const left = [
    ...processesOf(dataDirectory),
    ...mountsBelow(dataDirectory),
    ...sandboxesOf(dataDirectory),
    ...newGroups(groupsBefore, ''),
  ];
  if (left.length > 0) throw new Error(`The stopped platform left behind:\n${left.join('\n')}`);
}

function sandboxLeftovers(dataDirectory: string, groupsBefore: ReadonlySet<string>): string[] {
  const sandboxes = join(dataDirectory, 'runner', 'sandboxes');
  return [
    ...sandboxesOf(dataDirectory),
    ...mountsBelow(sandboxes),
    ...processesOf(`${sandboxes}/`),
    ...newGroups(groupsBefore, '/'),
  ];
}

/** @param below '/' for the groups of single sandboxes only: a running platform keeps its parent group */
function newGroups(before: ReadonlySet<string>, below: string): string[] {
  return [...controlGroups()]
    .filter((path) => !before.has(path) && path.slice(path.indexOf('/heddle-') + 1).includes(below))
    .map((path) => `control group ${path}`);
}
