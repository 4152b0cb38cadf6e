import { start } from './commands/start.js';

process.exitCode = await start();
