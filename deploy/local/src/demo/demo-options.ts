import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Someone's own repository and tasks; undefined: the example. */
  readonly own: { readonly repository: string; readonly tasksFile: string } | undefined;
  /** Branch to land on; undefined: the example's default branch, or a new branch of someone's own repository. */
  readonly landBranch: string | undefined;
  readonly keep: boolean;
  readonly help: boolean;
}

export const DEMO_HELP = `usage: npm run demo -- [--repo PATH_OR_URL --tasks FILE.yaml] [--land BRANCH] [--keep]

Brings the platform up in a data directory of its own, launches the tasks on the repository at once, shows what they made,
where they overlap, and lands it.

  --repo PATH_OR_URL  your repository, in place of the example
  --tasks FILE.yaml   your tasks: the JSON body of POST /v1/batches as YAML, see examples/shopping-cart/tasks.yaml
  --land BRANCH       land on this branch; without it your repository gets a new branch heddle/demo-...
  --keep              leave the platform up until Ctrl-C
`;

/** @throws {TypeError} with a message for people */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      repo: { type: 'string' },
      tasks: { type: 'string' },
      land: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { repo, tasks, land, keep, help } = values;
  if ((repo === undefined) !== (tasks === undefined)) throw new TypeError('--repo and --tasks go together');
  return {
    own: repo === undefined || tasks === undefined ? undefined : { repository: repo, tasksFile: tasks },
    landBranch: land,
    keep,
    help,
  };
}
