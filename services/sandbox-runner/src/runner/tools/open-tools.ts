import type { Logger } from '@heddle/platform/logging';
import { join } from 'node:path';
import { AgentTools, toolKey, versionOf } from './agent-tools.js';
import { placeBridge } from './place-bridge.js';
import { ToolCheck, type ToolCheckOptions } from './tool-check.js';
import { toolHost } from './tool-host.js';

/** The programs of agents on this host, with what tries them and what knows who uses them. */
export async function openTools(
  options: ToolCheckOptions & { readonly packages: string; readonly logger: Logger },
): Promise<AgentTools> {
  const { directory, packages, logger, sandboxes } = options;
  const check = new ToolCheck(options);
  await check.sweep();
  return AgentTools.open({
    directory,
    packages,
    logger,
    bridge: await placeBridge(join(directory, '.bridges')),
    host: await toolHost(),
    check: (tool, version, source, signal) => check.require(tool, version, source, signal),
    inUse: async () => {
      const present = await sandboxes.list();
      return new Set(present.map(({ spec: { agent } }) => toolKey(agent?.kind ?? '', versionOf(agent))));
    },
  });
}
