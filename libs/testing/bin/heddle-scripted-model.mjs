#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/scripted-model/main.js', import.meta.url);
if (existsSync(main)) {
  process.exitCode = await (await import(main.href)).main(process.argv.slice(2));
} else {
  process.stderr.write('The scripted model is not built yet: run "npm run build" in the checkout first.\n');
  process.exitCode = 2;
}
