export type RejectionReason = 'TARGET_REJECTED' | 'TARGET_CHECKED_OUT' | 'TARGET_WOULD_OVERWRITE';

/** What became of one ref of a push. */
export type PushOutcome =
  | { readonly kind: 'PUSHED' }
  /** The branch was at the commit already. */
  | { readonly kind: 'UP_TO_DATE' }
  /** The branch is not where the lease says: somebody else moved it. */
  | { readonly kind: 'STALE' }
  /** The remote said no (a hook, a protected branch, a work tree in use); a repeat gives the same. Nothing was touched. */
  | { readonly kind: 'REJECTED'; readonly reason: RejectionReason; readonly text: string }
  /** Git ended by itself without having done it all: a lock may go away, missing leave or a name in the way will not. */
  | { readonly kind: 'FAILED'; readonly reason: RejectionReason; readonly text: string }
  /** The answer was lost: the push may or may not have happened. Read the branch back. */
  | { readonly kind: 'UNKNOWN'; readonly text: string };

/** Reads `git push --porcelain`: a line `<flag>\t<from>:<to>\t<summary> (<reason>)` for the ref. */
export function parsePushReport(stdout: string, stderr: string, ref: string): PushOutcome {
  const fields = stdout
    .split('\n')
    .map((row) => row.split('\t'))
    .find((row) => row[1]?.endsWith(`:${ref}`) === true);
  if (fields === undefined) return unreported(stderr);
  const [flag, , summary = ''] = fields;
  if (flag === '=') return { kind: 'UP_TO_DATE' };
  if (flag === '!') return rejected(summary, stderr);
  // The report lists what was sent before the remote has agreed; only "Done" closes a good one.
  return /^Done$/m.test(stdout) ? { kind: 'PUSHED' } : { kind: 'UNKNOWN', text: tail(stderr) };
}

/** Without a word about the ref: either nothing was sent, or the connection broke while the remote was at it. */
function unreported(stderr: string): PushOutcome {
  const cut = /hung up unexpectedly|unexpected disconnect|early EOF|timed out|reset by peer|broken pipe/i.test(stderr);
  const denied = /\bHTTP 4\d\d\b/.test(stderr);
  if (cut && !denied) return { kind: 'UNKNOWN', text: tail(stderr) };
  return { kind: 'FAILED', reason: 'TARGET_REJECTED', text: tail(stderr) };
}

function rejected(summary: string, stderr: string): PushOutcome {
  if (/\(stale info\)|\(fetch first\)|\(non-fast-forward\)|\(incorrect old value provided\)/.test(summary))
    return { kind: 'STALE' };
  if (summary.startsWith('[remote failure]')) return { kind: 'UNKNOWN', text: summary };
  const said = stderr
    .split('\n')
    .filter((row) => row.startsWith('remote:'))
    .map((row) => row.slice('remote:'.length).trim());
  // Of a ref that could not be locked the remote does not say whether somebody holds it or another name is in its way.
  const kind = /\(cannot lock ref|\(failed to update ref\)/.test(summary) ? 'FAILED' : 'REJECTED';
  return { kind, reason: 'TARGET_REJECTED', text: [summary, ...said].join('\n').trim().slice(0, 2000) };
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-5).join('\n').slice(0, 2000);
}
