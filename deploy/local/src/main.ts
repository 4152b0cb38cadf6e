import { start } from './commands/start.js';

// Ends even while something that a given-up start had begun is still winding down.
process.exit(await start());
