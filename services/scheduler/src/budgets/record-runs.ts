import { agentAdapter, byModel } from '@heddle/agents';
import type { ModelUsageCount } from '@heddle/contracts/workflows';
import type { EntityManager } from 'typeorm';

/** What is told of one run of an agent, so far. */
export interface RunTold {
  readonly attemptId: string;
  readonly fence: string;
  /** Unique within the claim; empty: the sandbox itself, which has the time. */
  readonly run: string;
  readonly turn: number;
  readonly models: readonly ModelUsageCount[];
  readonly wallMs: number;
}

interface Known {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
}

/**
 * Notes what runs have used. Each is told again and again, by reports and by its turn's result, and only grows: what is
 * told late, or twice, changes nothing. What a claim used that was lost has been used too.
 */
export async function recordRuns(manager: EntityManager, told: readonly RunTold[]): Promise<void> {
  if (told.length === 0) return;
  const rows: Known[] = await manager.query(
    `SELECT a.id, coalesce(a.agent, t.agent)->>'kind' AS kind, coalesce(coalesce(a.agent, t.agent)->>'model', '') AS model
     FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id WHERE a.id = ANY($1)`,
    [told.map(({ attemptId }) => attemptId)],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const runs = new Map<string, unknown>();
  for (const run of told) {
    const attempt = known.get(run.attemptId);
    if (attempt === undefined) continue;
    const models = run.models.map((count) => ({ ...count, model: count.model || attempt.model }));
    const before = run.run === '' ? [] : await toldBefore(manager, attempt, run.turn);
    runs.set(`${run.attemptId} ${run.fence} ${run.run}`, {
      attempt_id: run.attemptId,
      fence: run.fence,
      run: run.run,
      turn: run.turn,
      models: without(models, before),
      told_tokens: tokensOf(models),
      wall_ms: Math.round(run.wallMs),
    });
  }
  await upsert(manager, [...runs.values()]);
}

/** What an agent has told before this turn, and tells again in it: those of some kinds count whole conversations. */
async function toldBefore(
  manager: EntityManager,
  { id, kind }: Known,
  turn: number,
): Promise<readonly ModelUsageCount[]> {
  if (turn === 1 || !agentAdapter(kind).capabilities.usageIsCumulative) return [];
  const rows: { models: ModelUsageCount[] }[] = await manager.query(
    // Each turn was told by the last of its runs; those before it were lost, and their conversations with them. So are those
    // before a turn that began afresh.
    `SELECT DISTINCT ON (turn) models FROM agent_runs WHERE attempt_id = $1 AND turn < $2 AND run <> ''
       AND turn >= (SELECT coalesce(max(turn), 0) FROM turns
                    WHERE attempt_id = $1 AND turn <= $2 AND conversation = 'AFRESH')
     ORDER BY turn, fence DESC, begin_time DESC`,
    [id, turn],
  );
  return byModel(rows.flatMap(({ models }) => models));
}

function without(models: readonly ModelUsageCount[], before: readonly ModelUsageCount[]): readonly ModelUsageCount[] {
  // Less than before: the conversation is a new one, which is on record only when its turn has ended.
  if (tokensOf(models) < tokensOf(before)) return models;
  return models.map((count) => {
    const known = before.find(({ model }) => model === count.model);
    if (known === undefined) return count;
    return {
      model: count.model,
      inputTokens: Math.max(0, count.inputTokens - known.inputTokens),
      cachedInputTokens: Math.max(0, count.cachedInputTokens - known.cachedInputTokens),
      outputTokens: Math.max(0, count.outputTokens - known.outputTokens),
      reasoningTokens: Math.max(0, count.reasoningTokens - known.reasoningTokens),
    };
  });
}

function tokensOf(models: readonly ModelUsageCount[]): number {
  return models.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
}

async function upsert(manager: EntityManager, runs: readonly unknown[]): Promise<void> {
  await manager.query(
    `INSERT INTO agent_runs
       (attempt_id, fence, run, task_id, batch_id, turn, provider, models, tokens, told_tokens, wall_ms, begin_time)
     SELECT a.id, r.fence, r.run, a.task_id, a.batch_id, r.turn, coalesce(c.provider, ''), r.models,
       (SELECT coalesce(sum(m."inputTokens" + m."outputTokens"), 0)
        FROM jsonb_to_recordset(r.models) AS m ("inputTokens" bigint, "outputTokens" bigint)),
       r.told_tokens, r.wall_ms, now()
     FROM jsonb_to_recordset($1::jsonb)
       AS r (attempt_id uuid, fence bigint, run text, turn int, models jsonb, told_tokens bigint, wall_ms bigint)
     JOIN attempts AS a ON a.id = r.attempt_id AND r.fence BETWEEN 1 AND a.fence
     LEFT JOIN credentials AS c ON c.id = a.credential_id
     ORDER BY a.id, r.fence, r.run
     ON CONFLICT (attempt_id, fence, run) DO UPDATE SET
       wall_ms = greatest(agent_runs.wall_ms, excluded.wall_ms),
       told_tokens = greatest(agent_runs.told_tokens, excluded.told_tokens),
       models = CASE WHEN excluded.told_tokens >= agent_runs.told_tokens THEN excluded.models ELSE agent_runs.models END,
       tokens = CASE WHEN excluded.told_tokens >= agent_runs.told_tokens THEN excluded.tokens ELSE agent_runs.tokens END`,
    [JSON.stringify(runs)],
  );
}
