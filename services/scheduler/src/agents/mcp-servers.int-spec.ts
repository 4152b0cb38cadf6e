import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateAttemptRequest,
  CreateBatchRequest,
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  type AgentSpec,
  type Batch,
  type McpServer,
} from '@heddle/contracts';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'MCP servers of agents', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;
  let environmentId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    repositoryId = (await fixture.repositories.create(repository)).id;
    const environment = CreateEnvironmentRequest.fromPartial({
      name: 'e',
      agent: { kind: 'ACP', command: ['agent'], mcpServers: [{ name: 'notes', command: ['node', 'notes.mjs'] }] },
      network: { agent: [{ host: '*.example.com' }, { host: 'tools.test', ports: [8443] }] },
    });
    environmentId = (await fixture.environments.create(environment)).id;
  });
  afterAll(() => fixture.close());

  const launch = (agent?: Partial<AgentSpec>): Promise<Batch> =>
    fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, environmentId, tasks: [{ prompt: 'Fix it', agent }] }),
    );
  const at = (url: string, kind = 'ACP'): Partial<AgentSpec> => ({
    kind,
    command: ['agent'],
    mcpServers: [{ name: 'docs', url } as McpServer],
  });
  const refused = (field: string) => ({
    reason: 'FIELD_INVALID',
    violations: [expect.objectContaining({ field })],
  });

  it('are those of the environment where a task names no agent, and reach the sandbox', async () => {
    const batch = await launch();
    const id = batch.tasks[0]?.attempts[0]?.id ?? '';
    await fixture.activities.beginAttempt(id);
    const { fence } = await fixture.activities.raiseFence(id);
    const spec = await fixture.specs.get({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String(fence) } });
    expect(spec.agent?.mcpServers).toEqual([{ name: 'notes', command: ['node', 'notes.mjs'], variables: {}, url: '' }]);
    // As rows of before there were any.
    await fixture.dataSource.query(`UPDATE tasks SET agent = agent - 'mcpServers' WHERE batch_id = $1`, [batch.id]);
    expect((await fixture.attempts.get(id)).agent?.mcpServers).toEqual([]);
  });

  it('by HTTP are on a host and port that the environment lets agents reach', async () => {
    for (const url of ['https://mcp.example.com/v1', 'https://tools.test:8443']) await launch(at(url));
    for (const url of ['https://example.com', 'https://tools.test', 'http://mcp.example.com', 'https://other.test'])
      await expect(launch(at(url))).rejects.toMatchObject(refused('tasks[0].agent.mcp_servers[0].url'));
    const { tasks } = await launch();
    const more = CreateAttemptRequest.fromPartial({ taskId: tasks[0]?.id ?? '', agent: at('https://other.test') });
    await expect(fixture.attempts.create(more)).rejects.toMatchObject(refused('agent.mcp_servers[0].url'));
  });

  it('are refused for a program that can not be told of any', async () => {
    await expect(launch(at('https://mcp.example.com', 'COMMAND'))).rejects.toMatchObject(
      refused('tasks[0].agent.mcp_servers'),
    );
  });
});
