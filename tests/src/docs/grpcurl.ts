import { access, constants } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cacheDirectory, goBuild, ToolCache } from '@heddle/local/servers';

const VERSION = '1.9.3';
const MODULE = {
  version: VERSION,
  module: `github.com/fullstorydev/grpcurl/cmd/grpcurl@v${VERSION}`,
  goVersion: '1.24.0',
};

/** The directory of a grpcurl: on PATH, or built once into the cache. @throws where neither is possible */
export async function grpcurlDirectory(): Promise<string> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (await isProgram(join(directory, 'grpcurl'))) return directory;
  }
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const cache = cacheDirectory(process.env);
  const program = await new ToolCache(cache, say).obtain(`grpcurl-${VERSION}`, 'grpcurl', (directory) =>
    goBuild(MODULE, directory, process.env, say),
  );
  return dirname(program);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
