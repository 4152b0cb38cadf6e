/** What `git check-ref-format` refuses, so that a name can be put into commands, refspecs and lines. */
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.lock(?:\/|$)|(?:^|\/)\.|^\/|\/$|\.$/;
/** A branch or tag that every command line would take for an option. */
const OPTION = /^(?:refs\/(?:heads|tags)\/)?-/;
const MAX_BYTES = 255;

/** True for a name such as `refs/heads/main`, or for the part after `refs/heads/`. At most 255 bytes. */
export function isRefName(name: string): boolean {
  if (name === '' || name === '@' || OPTION.test(name) || FORBIDDEN.test(name)) return false;
  return new TextEncoder().encode(name).length <= MAX_BYTES;
}
