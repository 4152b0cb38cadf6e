// Reviews as the forges' APIs give them, with the fields that are used and some beside them: reviews and their comments of
// GitHub's REST API 2022-11-28, discussions of GitLab's v4, reviews and their comments of Gitea 1.23.

const HEAD = '6dcb09b5b57875f334f61aebed695e2e4193db5e';

const ANN = { login: 'ann', id: 2, type: 'User' };

export const GITHUB_REVIEWS = [
  {
    id: 80,
    node_id: 'MDE3OlB1bGxSZXF1ZXN0UmV2aWV3ODA=',
    user: ANN,
    body: 'Spell it out.',
    state: 'CHANGES_REQUESTED',
    submitted_at: '2026-01-26T19:01:12Z',
    commit_id: HEAD,
    author_association: 'COLLABORATOR',
  },
  { id: 81, user: ANN, body: 'Nice.', state: 'APPROVED', commit_id: HEAD, author_association: 'COLLABORATOR' },
  { id: 82, user: ANN, body: 'Not any more.', state: 'DISMISSED', commit_id: HEAD },
  // An account that is gone.
  { id: 83, user: null, body: 'Who said this?', state: 'COMMENTED', commit_id: HEAD },
];
export const GITHUB_COMMENTS = [
  {
    id: 10,
    pull_request_review_id: 80,
    diff_hunk: '@@ -6,3 +6,3 @@ six',
    path: 'src/cart.js',
    position: 1,
    original_position: 4,
    commit_id: HEAD,
    original_commit_id: HEAD,
    user: ANN,
    body: 'Why so loud?',
    line: 8,
    original_line: 8,
    start_line: null,
    side: 'RIGHT',
    author_association: 'COLLABORATOR',
  },
  { id: 11, path: 'src/cart.js', commit_id: HEAD, user: ANN, body: 'Was fine.', line: 3, side: 'LEFT' },
  { id: 12, path: 'src/cart.js', commit_id: HEAD, user: ANN, body: 'All of it.', line: null, subject_type: 'file' },
];

const NOTE = {
  type: 'DiffNote',
  author: { id: 5, username: 'ann', name: 'Ann', state: 'active' },
  system: false,
  noteable_type: 'MergeRequest',
  resolvable: true,
  resolved: false,
};
const POSITION = {
  base_sha: HEAD,
  start_sha: HEAD,
  head_sha: HEAD,
  old_path: 'src/cart.js',
  new_path: 'src/cart.js',
  position_type: 'text',
  old_line: null,
  new_line: 8,
};
export const GITLAB_DISCUSSIONS = [
  { id: 'a', individual_note: false, notes: [{ ...NOTE, id: 1, body: 'Why so loud?', position: POSITION }] },
  {
    id: 'b',
    individual_note: false,
    notes: [{ ...NOTE, id: 2, body: 'Was fine.', position: { ...POSITION, old_line: 3, new_line: null } }],
  },
  { id: 'c', individual_note: false, notes: [{ ...NOTE, id: 3, type: 'DiscussionNote', body: 'Spell it out.' }] },
  { id: 'd', individual_note: false, notes: [{ ...NOTE, id: 4, body: 'Done.', resolved: true, position: POSITION }] },
  { id: 'e', individual_note: true, notes: [{ ...NOTE, id: 5, type: null, resolvable: false, body: 'By the way.' }] },
  { id: 'f', individual_note: true, notes: [{ ...NOTE, id: 6, system: true, body: 'added 1 commit' }] },
];

export const GITEA_REVIEWS = [
  {
    id: 80,
    user: { ...ANN, login_name: '', full_name: 'Ann' },
    team: null,
    state: 'REQUEST_CHANGES',
    body: 'Spell it out.',
    commit_id: HEAD,
    stale: false,
    official: true,
    dismissed: false,
    comments_count: 3,
    submitted_at: '2026-01-26T19:01:12Z',
  },
  { id: 81, user: ANN, state: 'APPROVED', body: 'Nice.', commit_id: HEAD, dismissed: false, comments_count: 0 },
  { id: 82, user: ANN, state: 'REQUEST_CHANGES', body: 'Not any more.', commit_id: HEAD, dismissed: true },
  { id: 83, user: null, team: { id: 1 }, state: 'REQUEST_REVIEW', body: '', commit_id: '', comments_count: 0 },
];
// The commit is the one that made the line, whatever was looked at.
const MADE = 'e5bd3914e2e596debea16f433f57875b5b90bcd6';
export const GITEA_COMMENTS = [
  {
    id: 10,
    body: 'Why so loud?',
    user: ANN,
    resolver: null,
    pull_request_review_id: 80,
    path: 'src/cart.js',
    commit_id: MADE,
    original_commit_id: '',
    diff_hunk: '@@ -6,3 +6,3 @@ six',
    position: 8,
    original_position: 0,
  },
  { id: 11, body: 'Was fine.', user: ANN, path: 'src/cart.js', commit_id: MADE, position: 0, original_position: 3 },
  { id: 12, body: 'All of it.', user: ANN, path: 'src/cart.js', commit_id: MADE, position: 0, original_position: 0 },
];

/** What all of them say, in the words of the platform. */
export const SAID_OF_LINES = {
  loud: { text: 'Why so loud?', place: { path: 'src/cart.js', side: 'NEW', line: 8, commit: HEAD } },
  fine: { text: 'Was fine.', place: { path: 'src/cart.js', side: 'OLD', line: 3, commit: HEAD } },
  file: { text: 'All of it.', place: { path: 'src/cart.js', side: 'NEW', line: 0, commit: HEAD } },
} as const;
