import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CreateAttemptRequest,
  CreateBatchRequest,
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  type AgentSpec,
  type Batch,
  type McpServer,
} from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
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
  const specOf = async (attemptId: string): Promise<SandboxSpec> => {
    await fixture.activities.beginAttempt(attemptId);
    const { fence } = await fixture.activities.raiseFence(attemptId);
    return fixture.specs.get({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: String(fence) } });
  };
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
    const spec = await specOf(id);
    expect(spec.agent?.mcpServers).toEqual([{ name: 'notes', command: ['node', 'notes.mjs'], variables: {}, url: '' }]);
    expect(spec.environmentMcpServers).toEqual([]);
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

  describe('of an environment whose agent is another one', () => {
    const DOCS = { name: 'docs', url: 'https://mcp.example.com/v1' };
    const NOTES = { name: 'notes', command: ['node', 'notes.mjs'] };
    const agent = { kind: 'ACP', command: ['agent'] };
    const own = { ...agent, mcpServers: [{ name: 'notes', command: ['own'] }] };

    const inEnvironment = async (
      name: string,
      mcpServers: Partial<McpServer>[],
      task: object,
      network: object = { agent: [{ host: '*.example.com' }] },
    ): Promise<Batch> => {
      const standard = { kind: 'CODEX', mcpServers };
      const environment = CreateEnvironmentRequest.fromPartial({ name, agent: standard, network });
      const { id } = await fixture.environments.create(environment);
      const tasks = [{ prompt: 'Fix it', ...task }];
      return fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, environmentId: id, tasks }));
    };
    const beside = async (attemptId: string): Promise<[string[], string[]]> => {
      const spec = await specOf(attemptId);
      return [spec.agent?.mcpServers ?? [], spec.environmentMcpServers].map((servers) =>
        servers.map(({ name }) => name),
      ) as [string[], string[]];
    };

    it('are beside those of any other, but for a name that this has already; in variants and later attempts too', async () => {
      const variants = [
        { name: 'one', agent },
        { name: 'two', agent: own },
      ];
      const { tasks } = await inEnvironment('of-codex', [NOTES, DOCS], { variants });
      const [one, two] = tasks[0]?.attempts ?? [];
      expect(await beside(one?.id ?? '')).toEqual([[], ['notes', 'docs']]);
      expect(await beside(two?.id ?? '')).toEqual([['notes'], ['docs']]);
      const more = CreateAttemptRequest.fromPartial({ taskId: tasks[0]?.id ?? '', agent });
      expect(await beside((await fixture.attempts.create(more)).id)).toEqual([[], ['notes', 'docs']]);
    });

    it('are refused where its network does not let that one reach them, or they are too many with its own', async () => {
      await expect(inEnvironment('far', [DOCS], { agent }, {})).rejects.toMatchObject({
        violations: [{ field: 'tasks[0].agent', description: expect.stringMatching(/^has "docs" of the environment/) }],
      });
      const many = Array.from({ length: 20 }, (_, number) => ({ ...NOTES, name: `n${String(number)}` }));
      await inEnvironment('full', many, { agent });
      await expect(inEnvironment('too-full', many, { agent: own })).rejects.toMatchObject({
        violations: [
          { field: 'tasks[0].agent.mcp_servers', description: expect.stringMatching(/with those of the env/) },
        ],
      });
    });

    it('are in nobody’s way where that one can not be told of any', async () => {
      const { tasks } = await inEnvironment('plain', [DOCS], { agent: { kind: 'COMMAND', command: ['true'] } }, {});
      // The runner says so.
      expect(await beside(tasks[0]?.attempts[0]?.id ?? '')).toEqual([[], ['docs']]);
    });
  });
});
