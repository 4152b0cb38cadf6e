import { describe, expect, it } from '@jest/globals';
import { repositoryRoots } from './repository-roots.js';

const roots = (host: string, given?: string[]): readonly string[] | undefined =>
  repositoryRoots({ HEDDLE_HOST: host, HEDDLE_REPOSITORY_ROOTS: given });

describe('where paths may be repositories', () => {
  it('is anywhere on a platform that only its host can reach', () => {
    expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].map((host) => roots(host))).toEqual(Array(4).fill(undefined));
  });

  it('is nowhere on another, unless the operator says where', () => {
    expect(['0.0.0.0', '::', '10.0.0.1', '127.example.com'].map((host) => roots(host))).toEqual(Array(4).fill([]));
    expect(roots('0.0.0.0', ['/srv/git'])).toEqual(['/srv/git']);
  });
});
