import type { AgentReport } from '@heddle/contracts/workflows';
import type { ProcessResult } from '@heddle/sandbox';
import { ActivityFeed } from '../logs/activity-feed.js';
import { agentReader } from '../logs/agent-reader.js';
import { turnOf, spoolPaths, type LogSegment } from '../logs/log-segment.js';
import { mapStrings } from '../logs/map-strings.js';
import { readPieces } from '../logs/read-pieces.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { maskText } from '../secrets/secret-mask.js';
import type { PhaseContext } from './phase-context.js';

/** What a dead agent's own output says of its turn; undefined where it is plain text, or was never started. */
export async function readReport(
  context: Pick<PhaseContext, 'hello' | 'secrets'>,
  sandbox: Sandbox,
  segment: LogSegment,
  { startedAt, exitCode, signal }: ProcessResult,
): Promise<AgentReport | undefined> {
  const reader = agentReader(context.hello, sandbox);
  if (reader === undefined || startedAt === undefined) return undefined;
  const feed = new ActivityFeed(turnOf(segment), reader);
  for await (const piece of readPieces(spoolPaths(sandbox.directory.spool, segment.name).stdout)) feed.take(piece);
  const mask = await context.secrets.mask(sandbox);
  return mapStrings(reader.report({ exitCode, signal }), (text) => maskText(mask, text));
}
