import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICES, type ServiceDefinition, type Wiring } from '@heddle/local';
import type { Repository, Runner, Turn } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { PatientDoor } from '../support/doors/patient-door.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { expectNothingLeft } from '../support/platform/quiet.js';
import { usePlatform, type ProcessName } from '../support/platform/use-platform.js';
import { attemptEnded, attemptsOf, changeOf, createBatch, registerRepository } from '../support/work/launch.js';

/** Speaks the Agent Client Protocol by hand: keeps what it was told in its home, and answers with all of it. */
const AGENT = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const place = process.env.HOME + '/.gemini/tmp';
const kept = place + '/session.jsonl';
const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const answer = (result) => send({ id, result });
  if (method === 'initialize') answer({ protocolVersion: 1, agentCapabilities: { loadSession: true }, authMethods: [] });
  else if (method === 'session/new') {
    rmSync(kept, { force: true });
    answer({ sessionId: 's1' });
  } else if (method === 'session/load') {
    if (existsSync(kept)) answer({});
    else send({ id, error: { code: -32602, message: 'no such session' } });
  } else if (method === 'session/prompt') {
    mkdirSync(place, { recursive: true });
    appendFileSync(kept, JSON.stringify(params.prompt[0].text.trim()) + '\\n');
    const told = readFileSync(kept, 'utf8').trim().split('\\n').map((text) => JSON.parse(text));
    writeFileSync('turn-' + told.length + '.txt', existsSync('turn-1.txt') ? 'after the first\\n' : 'first\\n');
    const content = { type: 'text', text: 'I was told: ' + told.join(' | ') };
    const update = { sessionUpdate: 'agent_message_chunk', content };
    send({ method: 'session/update', params: { sessionId: 's1', update } });
    answer({ stopReason: 'end_turn' });
  }
});
`;

/** Of a second host, which shares nothing with the first but the services. */
const SECOND_HOST: readonly ServiceDefinition[] = SERVICES.filter(({ name }) =>
  ['supervisor', 'sandbox-runner'].includes(name),
).map((service) => ({
  ...service,
  name: `${service.name}-2`,
  settings: (wiring: Wiring) => {
    const elsewhere = onSecondHost(wiring);
    return { ...service.settings(elsewhere), HEDDLE_DATA_DIR: elsewhere.dataDirectory };
  },
}));

function onSecondHost(wiring: Wiring): Wiring {
  return {
    ...wiring,
    dataDirectory: secondDirectory(wiring.dataDirectory),
    supervisorSocket: `${wiring.supervisorSocket}-2`,
  };
}

function secondDirectory(dataDirectory: string): string {
  return `${dataDirectory}-2`;
}

const OWN: readonly ProcessName[] = ['gateway', 'scheduler', 'review', 'sandbox-runner', 'supervisor'];

const platform = usePlatform({}, [...SERVICES, ...SECOND_HOST]);
let second = '';

// When the platform has stopped: hooks of a file come after those of its groups, in the order in which they are made.
afterAll(() => {
  expect(second).not.toBe('');
  expectNothingLeft(second);
});

describe('a further turn on another runner', () => {
  let rest: PatientDoor;
  let repository: Repository;

  beforeAll(async () => {
    rest = new PatientDoor(platform.rest);
    second = secondDirectory(platform.dataDirectory);
    const origin = await SampleRepository.make(platform.scratch, { 'agent.mjs': AGENT });
    repository = await registerRepository(rest, origin.path);
  });

  const runners = async (): Promise<Runner[]> => (await rest.get<{ runners: Runner[] }>('/v1/admin/runners')).runners;
  const runnersThat = (what: string, are: (runners: readonly Runner[]) => boolean): Promise<Runner[]> =>
    eventually(`the runners ${what}`, async () => {
      const seen = await runners();
      return are(seen) ? seen : undefined;
    });

  it('has the tree and the conversation of the one before, also when all processes were killed in between', async () => {
    await runnersThat('are both there', (all) => all.filter(({ state }) => state === 'ACTIVE').length === 2);
    const agent = { kind: 'ACP', command: ['/opt/heddle/node/bin/node', 'agent.mjs'] };
    const batch = await createBatch(rest, repository, [{ title: 'Two turns', prompt: 'Begin.', agent }]);
    const id = attemptsOf(batch)[0]?.id ?? '';
    const first = await attemptEnded(rest, id);
    expect(first).toMatchObject({ state: 'COMPLETED', answer: 'I was told: Begin.', runnerId: expect.any(String) });

    await rest.post(`/v1/admin/runners/${first.runnerId ?? ''}:drain`, {});
    await runnersThat('heard of it', (all) =>
      all.some((runner) => runner.id === first.runnerId && runner.state === 'DRAINING'),
    );
    for (const name of OWN) platform.kill(name);
    for (const name of OWN) await platform.restarted(name);

    const requestId = `second-${id}`;
    await rest.post(`/v1/attempts/${id}/messages`, { text: 'Go on.', requestId });
    const next = await attemptEnded(rest, id);
    expect(next).toMatchObject({ state: 'COMPLETED', turn: 2, answer: 'I was told: Begin. | Go on.' });
    expect(next.runnerId).toEqual(expect.any(String));
    expect(next.runnerId).not.toBe(first.runnerId);
    const { turns } = await rest.get<{ turns: Turn[] }>(`/v1/attempts/${id}/turns`);
    expect(turns).toMatchObject([{ state: 'COMPLETED' }, { state: 'COMPLETED', conversation: 'RESUMED' }]);
    const { files } = await changeOf(rest, next);
    expect(files.map(({ path }) => path)).toEqual(['turn-1.txt', 'turn-2.txt']);
    const patch = await rest.open('GET', `/v1/changes/${next.changeId ?? ''}/patch`);
    expect(await patch.text()).toContain('+after the first');
  });
});
