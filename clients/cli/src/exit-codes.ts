/** What scripts may rely on. */
export const EXIT = {
  ok: 0,
  /** The command did its part, the work did not end well: a task failed, a check is red, a landing conflicted. */
  workFailed: 1,
  /** The command line, or a file that it names, is wrong, whether this program or the server found it. */
  usage: 2,
  /** The server refused, or there is no such thing. */
  refused: 3,
  /** No server is known, or it did not answer. */
  unreachable: 4,
  /** --timeout was over; the work goes on. */
  timeLimit: 5,
  /** Nothing goes on until somebody says so: a plan waits for approval. */
  waiting: 6,
  /** A fault of this program. */
  fault: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    the work did not end well: a task failed, a check is red, a landing conflicted
  2    the command line is wrong, or a file that it names, whoever finds it
  3    the server refused what was asked, or there is no such thing
  4    no server is known, or it does not answer
  5    --timeout was over, the work goes on
  6    the work waits for you: a plan is to be approved
  130  interrupted

Environment:
  HEDDLE_URL, HEDDLE_TOKEN  the server; without them, the platform that runs on this machine
  HEDDLE_DATA_DIR           where that platform keeps its data
  NO_COLOR                  no colours

Wherever an id is asked for, its beginning or its end (4 characters or more) will do, if only one fits.`;
