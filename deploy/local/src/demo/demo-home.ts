import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from '@heddle/sdk';
import { runCommand } from '../processes/run-command.js';

/** A directory for one run of the demo, beside the data directory of the platform that people really use. */
export interface DemoHome {
  /** Last part of the directory's name. */
  readonly id: string;
  readonly path: string;
  /** Where the platform keeps its data. */
  readonly platform: string;
  /** @returns what is in the way, if something is */
  remove(): Promise<string | undefined>;
}

export async function makeDemoHome(env: NodeJS.ProcessEnv): Promise<DemoHome> {
  const parent = `${dataDirectory(env)}-demo`;
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(`${parent}/`);
  // The servers and the sandboxes run as other users.
  await chmod(path, 0o755);
  return {
    id: path.slice(parent.length + 1).toLowerCase(),
    path,
    platform: join(path, 'data'),
    // Not by Node: it gives up at a directory that even its owner may not list, such as those of overlays are.
    remove: async () => {
      const { code, stderr } = await runCommand('rm', ['-rf', '--', path]);
      return code === 0 ? undefined : stderr.trim();
    },
  };
}
