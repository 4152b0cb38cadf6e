import { existsSync } from 'node:fs';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';

/** A file for the inside, which may be reading it by the time that its phase is attached to again. */
export async function writeOnce(path: string, content: string): Promise<void> {
  if (existsSync(path)) return;
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, content);
  await chmod(draft, 0o444);
  await rename(draft, path);
}
