/** What a box did to one path of its base. Paths are bytes, relative to the work tree, without a leading slash. */
export type TreeChange =
  /** A file, symlink or submodule of the base that is gone (an addition above or below it may follow). */
  | { readonly kind: 'remove'; readonly path: Buffer }
  | {
      readonly kind: 'file';
      readonly path: Buffer;
      readonly source: Buffer;
      readonly executable: boolean;
      readonly bytes: number;
    }
  | { readonly kind: 'symlink'; readonly path: Buffer; readonly target: Buffer };

/** Something that could not be kept as it was, or that a reviewer should know. */
export interface CaptureNotice {
  readonly reason:
    | 'NESTED_REPOSITORY'
    | 'SPECIAL_FILE_SKIPPED'
    | 'UNSTORABLE'
    | 'FILE_TOO_LARGE'
    | 'SYMLINK_LEAVES_TREE'
    | 'SUBMODULE_CHANGED'
    | 'IGNORE_FILE_UNREADABLE'
    | 'LFS_CONTENT'
    | 'PATCH_INEXACT'
    | 'NOTICES_CUT';
  readonly path: Buffer;
  readonly message: string;
}

export interface CapturedChanges {
  /** Removals come first; apply them first. */
  readonly changes: readonly TreeChange[];
  readonly notices: readonly CaptureNotice[];
  /** How many untracked files the repository's ignore rules left out; a directory that is ignored counts as its files, or as one. */
  readonly ignored: number;
}
