/** Code points that HFS+ ignores in names: `.g\u200cit` is `.git` there, and git refuses it everywhere. */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** True for names that some file system takes for `.git`: git stores none of them. `name` is bytes in latin1. */
export function looksLikeGitDirectory(name: string): boolean {
  return looksLike(name, '.git') || /^git~1$/i.test(windowsName(name));
}

/** True for names that some file system takes for `.gitmodules`. */
export function looksLikeGitmodules(name: string): boolean {
  return (
    looksLike(name, '.gitmodules') ||
    /^gitmod~[1-4]$/i.test(windowsName(name)) ||
    /^gi7eba~\d$/i.test(windowsName(name))
  );
}

function looksLike(name: string, word: string): boolean {
  const plain = Buffer.from(name, 'latin1').toString('utf8').replace(HFS_IGNORED, '').toLowerCase();
  return plain === word || windowsName(name).toLowerCase() === word;
}

/** NTFS drops trailing dots and spaces and takes what follows a colon for a stream. */
function windowsName(name: string): string {
  return (name.split(':')[0] ?? '').replace(/[. ]+$/, '');
}
