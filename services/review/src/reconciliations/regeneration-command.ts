/**
 * Runs commands one after another and ends with the first that fails: their words come as arguments, before each command the
 * number of its words. It is always the same text, so that nothing of a command is ever read as shell.
 */
const IN_TURN = `set -e
while [ "$#" -gt 0 ]; do
  count=$1
  shift
  (
    left=$count
    while [ "$left" -gt 0 ]; do
      set -- "$@" "$1"
      shift
      left=$((left - 1))
    done
    shift "$(($# - count))"
    exec "$@"
  )
  shift "$count"
done`;

/** One command that runs all of these in turn; what is asked for twice is run once. */
export function inTurn(commands: readonly (readonly string[])[]): string[] {
  const once = [...new Map(commands.map((command) => [JSON.stringify(command), command])).values()];
  const [only] = once;
  if (once.length === 1 && only !== undefined) return [...only];
  return ['sh', '-c', IN_TURN, 'heddle', ...once.flatMap((command) => [String(command.length), ...command])];
}
