import {
  Change,
  Change_ReviewState,
  ChangedFile,
  ChangedFile_Status,
  CheckResult,
  type Approvals,
  type Triage,
} from '@heddle/contracts';
import { fromCanonicalJson, toCanonicalJson } from '@heddle/contracts/json';
import { showPath, type ChangedFile as GitFile } from '@heddle/git';
import type { ChangeEntity, StoredCheck } from './change.entity.js';

/** What a view shows of a change beside its row. */
export interface ChangeView {
  readonly files?: readonly GitFile[];
  readonly triage?: Triage;
  readonly approvals?: Approvals;
}

export function toChange(row: ChangeEntity, { files = [], triage, approvals }: ChangeView = {}): Change {
  return Change.fromPartial({
    id: row.id,
    attemptId: row.attemptId,
    taskId: row.taskId,
    batchId: row.batchId,
    repositoryId: row.repositoryId,
    title: row.title,
    baseCommit: row.baseCommit,
    headCommit: row.headCommit,
    treeId: row.treeId,
    ref: row.ref,
    partial: row.partial,
    empty: row.empty,
    reviewState: Change_ReviewState[row.reviewState],
    stats: { files: row.fileCount, additions: row.additions, deletions: row.deletions },
    files: files.map(toChangedFile),
    checks: checksFromJson(row.checks),
    notices: row.notices,
    createTime: row.createTime,
    updateTime: row.updateTime,
    revision: row.revision,
    triage,
    approvals,
    criteria: { met: row.criteriaCounts.MET, unmet: row.criteriaCounts.UNMET, unproven: row.criteriaCounts.UNPROVEN },
  });
}

/** What events say of a change: all but its files, triage and approvals. */
export function changeJson(row: ChangeEntity): unknown {
  return toCanonicalJson('heddle.v1.Change', Change, toChange(row));
}

export function toChangedFile(file: GitFile): ChangedFile {
  const path = showPath(file.path);
  const oldPath = file.oldPath === undefined ? undefined : showPath(file.oldPath);
  return ChangedFile.fromPartial({
    path: path.path,
    pathBytes: path.pathBytes,
    oldPath: oldPath?.path,
    oldPathBytes: oldPath?.pathBytes,
    status: ChangedFile_Status[file.status],
    additions: file.additions,
    deletions: file.deletions,
    binary: file.binary,
    mode: file.mode ?? '',
    oldMode: file.oldMode ?? '',
  });
}

export function checksFromJson(checks: readonly StoredCheck[]): CheckResult[] {
  return checks.map((check) => fromCanonicalJson('heddle.v1.CheckResult', CheckResult, check));
}

export function checksToJson(checks: readonly CheckResult[]): StoredCheck[] {
  return checks.map((check) => toCanonicalJson('heddle.v1.CheckResult', CheckResult, check) as StoredCheck);
}
