import { cacheDirectory, makeReachable, serverUser, type FindContext } from '@heddle/local/servers';

/** The same servers as the launcher's, from the same cache. */
export async function findContext(): Promise<FindContext> {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const { env } = process;
  const user = await serverUser(say);
  const cache = cacheDirectory(env);
  await makeReachable(cache, user, 'HEDDLE_CACHE_DIR');
  return { env, cacheDirectory: cache, user, say };
}
