import { join } from 'node:path';
import { eventually } from '../bounds.js';
import { controlGroupsOf, mountsBelow, processesOf, sandboxesOf } from '../host/leftovers.js';

/** Waits until a running platform holds no sandbox any more: no directory, no mount, no control group, no process in it. */
export async function untilQuiet(dataDirectory: string): Promise<void> {
  let left: string[] = [];
  await eventually('the sandboxes are gone', () => {
    left = sandboxLeftovers(dataDirectory);
    return left.length === 0 ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${left.join('\n')}`);
  });
}

/** Nothing of a stopped platform may be there but its files. */
export function expectNothingLeft(dataDirectory: string): void {
  const { parents, sandboxes } = controlGroupsOf(dataDirectory);
  const left = [
    ...processesOf(dataDirectory),
    ...mountsBelow(dataDirectory),
    ...sandboxesOf(dataDirectory),
    ...[...parents, ...sandboxes].map((path) => `control group ${path}`),
  ];
  if (left.length > 0) throw new Error(`The stopped platform left behind:\n${left.join('\n')}`);
}

/**
 * The checks above look for what the platform makes under the names that they know; this one fails when it makes it
 * under others.
 */
export function expectKnownControlGroups(dataDirectory: string): void {
  if (controlGroupsOf(dataDirectory).parents.length === 0) {
    throw new Error('The platform has no control group where its leftovers are looked for');
  }
}

function sandboxLeftovers(dataDirectory: string): string[] {
  const sandboxes = join(dataDirectory, 'runner', 'sandboxes');
  return [
    ...sandboxesOf(dataDirectory),
    ...mountsBelow(sandboxes),
    ...processesOf(`${sandboxes}/`),
    ...controlGroupsOf(dataDirectory).sandboxes.map((path) => `control group ${path}`),
  ];
}
