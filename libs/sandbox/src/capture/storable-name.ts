/** Code points that HFS+ ignores in names: `.g\u200cit` is `.git` there, and git refuses it everywhere. */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Names that git itself reads, with what NTFS may call them when it shortens names. */
const SHORT_PREFIXES = { '.gitmodules': 'gi7eba', '.gitattributes': 'gi7d29' } as const;

type GitFile = keyof typeof SHORT_PREFIXES;

/** Why git's own checks refuse a path because of its names; undefined if they don't. `path` is bytes in latin1. */
export function nameFault(path: string, isSymlink: boolean): string | undefined {
  const names = path.split('/');
  if (names.some(looksLikeGitDirectory)) return 'a name that some file system takes for .git';
  const last = names.pop() ?? '';
  if (isSymlink && looksLikeGitFile(last, '.gitmodules')) return '.gitmodules must not be a symbolic link';
  const files: readonly GitFile[] = ['.gitmodules', '.gitattributes'];
  const file = files.find((word) => names.some((name) => looksLikeGitFile(name, word)));
  return file === undefined ? undefined : `${file} must not be a directory`;
}

/** True for names that some file system takes for `.git`: git stores none of them. `name` is bytes in latin1. */
export function looksLikeGitDirectory(name: string): boolean {
  if (plain(name) === '.git') return true;
  // NTFS takes a backslash for a slash, wherever it is.
  return name.split('\\').some((part) => /^(?:\.git|git~1)[. ]*(?::|$)/i.test(part));
}

/** True for names that some file system takes for the file. */
export function looksLikeGitFile(name: string, file: GitFile): boolean {
  if (plain(name) === file) return true;
  // Git looks behind backslashes, which NTFS takes for slashes, for modules only.
  const parts = file === '.gitmodules' ? behindBackslashes(name) : [name];
  return parts.some((part) => {
    const word = (part.split(':')[0] ?? '').replace(/[. ]+$/, '').toLowerCase();
    return word === file || isShortName(word, file);
  });
}

/** `gitmod~1` to `~4`; beyond those, six characters that stand for the name's hash, cut for longer numbers. */
function isShortName(word: string, file: GitFile): boolean {
  if (word.slice(0, 7) === `${file.slice(1, 7)}~`) return /^[1-4]$/.test(word.slice(7));
  const tilde = word.indexOf('~');
  if (word.length !== 8 || tilde === -1 || tilde > 6) return false;
  return SHORT_PREFIXES[file].startsWith(word.slice(0, tilde)) && /^[1-9]\d*$/.test(word.slice(tilde + 1));
}

/** The name, and what follows each backslash in it. */
function behindBackslashes(name: string): string[] {
  const parts = name.split('\\');
  return parts.map((_, index) => parts.slice(index).join('\\'));
}

function plain(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8').replace(HFS_IGNORED, '').toLowerCase();
}
