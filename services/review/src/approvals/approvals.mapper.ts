import { Approvals, MissingApproval_Kind } from '@heddle/contracts';
import type { ApprovalJudgement, MissingApproval } from '@heddle/domain';

const SHOWN_PATHS = 100;

/** @param showPaths false where the caller may not see what the files are called */
export function toApprovals(judgement: ApprovalJudgement, showPaths: boolean): Approvals {
  return Approvals.fromPartial({
    required: judgement.required,
    given: [...judgement.given],
    missing: judgement.missing.map((missing) => ({
      kind: MissingApproval_Kind[missing.kind],
      owners: [...missing.owners],
      paths: showPaths ? missing.paths.slice(0, SHOWN_PATHS) : [],
      pathCount: missing.paths.length,
      count: missing.count,
      message: describeMissing(showPaths ? missing : { ...missing, paths: [] }),
    })),
    blockedBy: [...judgement.blockedBy],
  });
}

/** For people, for example `one of @shop/web must approve it for web/cart.ts and 2 more files`. */
export function describeMissing({ kind, owners, paths, count }: MissingApproval): string {
  switch (kind) {
    case 'COUNT':
      return `${String(count)} more ${count === 1 ? 'person' : 'people'} must approve it`;
    case 'OWNER':
      return `one of ${owners.join(', ')} must approve it${forPaths(paths)}`;
    case 'CI_DEFINITION':
      return `a person must approve it${forPaths(paths)}: it changes what CI systems run`;
  }
}

function forPaths(paths: readonly string[]): string {
  const [first] = paths;
  if (first === undefined) return '';
  const more = paths.length - 1;
  return ` for ${first}${more === 0 ? '' : ` and ${String(more)} more files`}`;
}
