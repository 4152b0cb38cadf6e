import { runDemo } from './index.js';

process.exitCode = await runDemo(process.argv.slice(2));
