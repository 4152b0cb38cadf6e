// The fields that are used, and some beside them, of answers as the forges' APIs give them: pull requests of GitHub's REST
// API 2022-11-28, merge requests of GitLab's v4, pull requests of Gitea 1.23.

const HEAD = '6dcb09b5b57875f334f61aebed695e2e4193db5e';
export const MERGE = 'e5bd3914e2e596debea16f433f57875b5b90bcd6';

export const GITHUB_OPEN = {
  url: 'https://api.github.com/repos/acme/shop/pulls/1347',
  id: 1,
  html_url: 'https://github.com/acme/shop/pull/1347',
  number: 1347,
  state: 'open',
  locked: false,
  title: 'Fix the empty cart',
  user: { login: 'ada', id: 1, type: 'User' },
  body: 'Tested by Heddle',
  created_at: '2026-01-26T19:01:12Z',
  closed_at: null,
  merged_at: null,
  // A merge that GitHub tries out: nobody has made it.
  merge_commit_sha: MERGE,
  draft: false,
  head: { label: 'acme:heddle/1', ref: 'heddle/1', sha: HEAD },
  base: { label: 'acme:main', ref: 'main', sha: HEAD },
  mergeable: null,
};
export const GITHUB_CLOSED = { ...GITHUB_OPEN, state: 'closed', closed_at: '2026-01-26T19:01:12Z' };
export const GITHUB_MERGED = { ...GITHUB_CLOSED, merged_at: '2026-01-26T19:01:12Z', merged: true };

export const GITLAB_OPEN = {
  id: 1,
  iid: 7,
  project_id: 3,
  title: 'Fix the empty cart',
  description: 'Tested by Heddle',
  state: 'opened',
  merged_at: null,
  closed_at: null,
  target_branch: 'main',
  source_branch: 'heddle/1',
  detailed_merge_status: 'not_open',
  sha: HEAD,
  merge_commit_sha: null,
  squash_commit_sha: null,
  web_url: 'https://gitlab.example/acme/web/shop/-/merge_requests/7',
};
export const GITLAB_CLOSED = { ...GITLAB_OPEN, state: 'closed' };
export const GITLAB_MERGED = { ...GITLAB_OPEN, state: 'merged', merge_commit_sha: MERGE };
export const GITLAB_SQUASHED = { ...GITLAB_OPEN, state: 'merged', squash_commit_sha: MERGE };
export const GITLAB_FAST_FORWARDED = { ...GITLAB_OPEN, state: 'merged', sha: MERGE };

export const GITEA_OPEN = {
  id: 12,
  url: 'https://forge.example/acme/shop/pulls/4',
  number: 4,
  title: 'Fix the empty cart',
  state: 'open',
  html_url: 'https://forge.example/acme/shop/pulls/4',
  mergeable: true,
  merged: false,
  merged_at: null,
  merge_commit_sha: null,
  base: { label: 'main', ref: 'main', sha: HEAD },
  head: { label: 'heddle/1', ref: 'heddle/1', sha: HEAD },
};
export const GITEA_CLOSED = { ...GITEA_OPEN, state: 'closed' };
export const GITEA_MERGED = {
  ...GITEA_CLOSED,
  merged: true,
  merged_at: '2026-01-26T19:01:12Z',
  merge_commit_sha: MERGE,
};
