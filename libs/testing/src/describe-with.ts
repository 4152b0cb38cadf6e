import { afterAll, describe } from '@jest/globals';
import { testGitea, type TestGitea } from './servers/test-gitea.js';
import { testNats, type TestNats } from './servers/test-nats.js';
import { testPostgres, type TestPostgres } from './servers/test-postgres.js';
import { testTemporal, type TestTemporal } from './servers/test-temporal.js';

export interface TestServers {
  postgres: TestPostgres;
  nats: TestNats;
  temporal: TestTemporal;
  gitea: TestGitea;
}

type ServerName = keyof TestServers;

const STARTERS: Readonly<Record<ServerName, (into: Partial<TestServers>) => Promise<void>>> = {
  postgres: async (into) => void (into.postgres = await testPostgres()),
  nats: async (into) => void (into.nats = await testNats()),
  temporal: async (into) => void (into.temporal = await testTemporal()),
  gitea: async (into) => void (into.gitea = await testGitea()),
};

/**
 * A `describe` whose tests use real servers. Where one of them can't be had, the tests are skipped, and the reason
 * stands in their name; any other failure to start one fails the file. Use it with a top-level `await`.
 *
 *     await describeWith(['postgres', 'nats'], 'the relay', ({ postgres, nats }) => { … });
 */
export async function describeWith<const Names extends readonly ServerName[]>(
  names: Names,
  title: string,
  body: (servers: Pick<TestServers, Names[number]>) => void,
): Promise<void> {
  const servers: Partial<TestServers> = {};
  try {
    // One after the other: what is there must be known, and stopped, when a later one is missing.
    for (const name of names) await STARTERS[name](servers);
  } catch (error) {
    await servers.nats?.stop();
    if (!isMissing(error)) throw error;
    describe.skip(`${title} [skipped: ${error.message.split('\n')[0] ?? ''}]`, () => {
      body(servers as Pick<TestServers, Names[number]>);
    });
    return;
  }
  describe(title, () => {
    body(servers as Pick<TestServers, Names[number]>);
    // Registered after the body's own, so it runs when the tests have closed what they opened.
    afterAll(() => servers.nats?.stop());
  });
}

/** By name: a class of the test's realm is not the class of another. */
function isMissing(error: unknown): error is Error {
  return (
    error instanceof Error && error.name === 'SetupError' && 'reason' in error && error.reason === 'SERVER_NOT_FOUND'
  );
}
