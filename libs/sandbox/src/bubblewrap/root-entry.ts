/** What the inside has at the place `at`: something of the host's, read-only unless said otherwise, or a symlink. */
export type RootEntry =
  | { readonly at: string; readonly bind: string; readonly writable?: boolean }
  | { readonly at: string; readonly symlink: string };
