import { RepeatedSteps } from '@heddle/agents';
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
  context: Pick<PhaseContext, 'hello' | 'secrets' | 'turnLimits'>,
  sandbox: Sandbox,
  segment: LogSegment,
  { outcome, startedAt, exitCode, signal }: ProcessResult,
): Promise<AgentReport | undefined> {
  const reader = agentReader(context.hello, sandbox);
  if (reader === undefined || startedAt === undefined) return undefined;
  const feed = new ActivityFeed(turnOf(segment), reader);
  const steps = new RepeatedSteps();
  for await (const piece of readPieces(spoolPaths(sandbox.directory.spool, segment.name).stdout))
    for (const activity of feed.take(piece)) steps.add(activity);
  const mask = await context.secrets.mask(sandbox);
  const report = { ...reader.report({ exitCode, signal }), run: segment.name };
  const isStuck = outcome === 'ENDED' && steps.worst.row >= Math.max(1, context.turnLimits.repeats);
  const told = isStuck && !report.completed ? stuck(report, steps) : report;
  return mapStrings(told, (text) => maskText(mask, text));
}

function stuck(report: AgentReport, { worst: { row, step } }: RepeatedSteps): AgentReport {
  const message = `it did the same ${String(row)} times in a row, with the same outcome: ${step}`;
  return { ...report, completed: false, failure: { reason: 'AGENT_STUCK', message } };
}
