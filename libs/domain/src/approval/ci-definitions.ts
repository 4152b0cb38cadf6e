import { matchesSegments, splitPattern } from './owner-pattern.js';

/** What runs on other people's machines, with their secrets, as soon as it is pushed. */
const PATTERNS = [
  '/.github/workflows/',
  '/.github/actions/',
  '/.gitlab-ci.yml',
  '/.gitlab/ci/',
  '/.gitea/workflows/',
  '/.forgejo/workflows/',
  '/.woodpecker/',
  '/.woodpecker.yml',
  '/.woodpecker.yaml',
  '/.circleci/',
  '/.buildkite/',
  '/.drone.yml',
  '/.travis.yml',
  '/.cirrus.yml',
  '/.appveyor.yml',
  '/appveyor.yml',
  '/azure-pipelines.yml',
  '/azure-pipelines.yaml',
  '/bitbucket-pipelines.yml',
  '/.teamcity/',
  '/Jenkinsfile',
].flatMap((pattern) => splitPattern(pattern) ?? []);

/** True for a file that tells a CI system what to run. @param path from the root of the tree */
export function isCiDefinition(path: string): boolean {
  const segments = path.split('/');
  return PATTERNS.some((pattern) => matchesSegments(pattern, segments));
}
