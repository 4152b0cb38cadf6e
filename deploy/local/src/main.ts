import { start } from './commands/start.js';

const HELP = `usage: npm start

Runs the platform in the foreground until Ctrl-C. It takes no arguments; its settings are environment variables, for
example HEDDLE_DATA_DIR and HEDDLE_HTTP_PORT: see docs/operations.md.
`;

/** The demo comes in by its own file, the first argument is the command's name. */
const asked = process.argv.slice(2).filter((word) => word !== 'start');
if (asked.length === 0) {
  // Ends even while something that a given-up start had begun is still winding down.
  process.exit(await start());
}
const wantsHelp = asked.every((word) => word === '--help' || word === '-h');
(wantsHelp ? process.stdout : process.stderr).write(HELP);
process.exitCode = wantsHelp ? 0 : 2;
