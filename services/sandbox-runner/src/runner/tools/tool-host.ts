import { readFile } from 'node:fs/promises';
import type { ToolHost } from '@heddle/agents';

/** What decides which build of a native program runs here. */
export async function toolHost(): Promise<ToolHost> {
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  const processors = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return {
    arch: process.arch,
    isMusl: report.header?.glibcVersionRuntime === undefined,
    hasAvx2: /\savx2(\s|$)/m.test(processors),
  };
}
