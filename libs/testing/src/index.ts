export { describeWith, type TestServers } from './describe-with.js';
export {
  plantConflicts,
  type PlantedChange,
  type PlantedEdits,
  type PlantedPair,
  type PlantedRepository,
} from './planted-conflicts.js';
export { makeRootDirectory } from './make-root-directory.js';
export { testGitea, type GiteaUser, type TestGitea } from './servers/test-gitea.js';
export { testNats, type TestNats } from './servers/test-nats.js';
export { testPostgres, type TemplateOptions, type TestDatabase, type TestPostgres } from './servers/test-postgres.js';
export { testTemporal, type TestTemporal } from './servers/test-temporal.js';
export { temporaryDirectory, useTemporaryDirectories } from './temporary-directory.js';
