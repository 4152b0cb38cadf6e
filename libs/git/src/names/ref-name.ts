/** What `git check-ref-format` refuses, so that a name can be put into commands, refspecs and lines. */
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.lock(?:\/|$)|(?:^|\/)\.|^\/|\/$|\.$/;

/** True for a name such as `refs/heads/main`, or for the part after `refs/heads/`. At most 255 bytes. */
export function isRefName(name: string): boolean {
  return (
    name !== '' && name !== '@' && !name.startsWith('-') && Buffer.byteLength(name) <= 255 && !FORBIDDEN.test(name)
  );
}
