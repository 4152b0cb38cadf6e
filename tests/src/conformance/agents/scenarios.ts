import type { AgentActivity, Attempt, Change, Turn } from '@heddle/sdk';
import { NOTES_SERVER } from './notes-server.js';
import type { Conversation, Evidence, Scenario } from './scenario.js';

/** What an attempt must say of itself; a word of `details` for `statusDetail`. */
function ended(attempt: Attempt, state: Attempt['state'], ...details: readonly string[]): string[] {
  const { state: is, statusDetail: detail } = attempt;
  return is === state && details.includes(detail)
    ? []
    : [`it is ${is}(${detail}): ${attempt.stateInfo?.message ?? ''}, wanted ${state}(${details.join(' or ')})`];
}

function must(holds: boolean, otherwise: string): string[] {
  return holds ? [] : [otherwise];
}

function hasFiles(change: Change | undefined, ...paths: readonly string[]): string[] {
  const has = (change?.files ?? []).map(({ path }) => path);
  return must(
    paths.every((path) => has.includes(path)) && has.length === paths.length,
    `the change has ${has.join(', ')}, wanted ${paths.join(', ')}`,
  );
}

function commandsOf(activities: readonly AgentActivity[]): AgentActivity[] {
  return activities.filter(({ kind, status }) => kind === 'COMMAND' && status !== 'STARTED');
}

/** Every turn but the first, with the conversation of the one before. */
function resumed(turns: readonly Turn[], ...states: readonly Turn['state'][]): string[] {
  const are = turns.map(({ state, conversation }) => `${state} ${conversation}`.trimEnd());
  const wanted = states.map((state, index) => (index === 0 ? state : `${state} RESUMED`));
  return must(are.join() === wanted.join(), `its turns are ${are.join(', ')}, wanted ${wanted.join(', ')}`);
}

/** The program that speaks ACP here tells commands without what they printed. */
function isSilentOfOutput({ agent }: Attempt): boolean {
  return agent?.kind === 'ACP';
}

function isStoppedForBudget({ attempt, change }: Evidence): string[] {
  return [
    ...ended(attempt, 'FAILED', 'BUDGET_EXHAUSTED'),
    ...must(
      attempt.stateInfo?.message.startsWith('The budget of the task is used up: ') === true,
      `it is said in these words: ${attempt.stateInfo?.message ?? ''}`,
    ),
    ...hasFiles(change, 'before.txt'),
    ...must(change?.partial === true, 'the change is not marked as partial'),
  ];
}

/** Only its time can stop it before. */
const TELLS_AT_THE_END = 'tells its tokens when its turn has ended';

const KEEPS_WHAT_ENDED =
  'Gemini CLI keeps no session of a turn that was interrupted; the next one begins afresh, on its tree';

const MAY_TELL_NO_TOKENS = 'its agents need not tell tokens, so that no budget in tokens is taken';

const READS_ONCE = 'reads its prompt once, at its start';

/** A message takes some ten seconds until it is told. */
const MOST_STEPS = 60;

const NOT_TOLD = 'Nobody told me anything.';

/** Its own retries go on for minutes and print nothing: the platform's idle limit ends it. */
const SILENT_RETRIES = 'retries in silence for minutes; the idle limit ends it';

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'Edit two files',
    title: 'edits files and ends; the change has just these',
    steps: [
      {
        text: 'I write a file.',
        tools: [{ tool: 'write_file', path: 'hello.txt', content: 'hello\n' }],
        usage: { input: 1200, cachedInput: 1000, output: 80, reasoning: 20 },
      },
      { tools: [{ tool: 'edit_file', path: 'README.md', old: '# Shop', new: '# The shop' }] },
      { text: 'Both files are done.' },
    ],
    judge: ({ attempt, change, activities }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...hasFiles(change, 'README.md', 'hello.txt'),
      ...must(attempt.answer.includes('Both files are done.'), `its answer is ${attempt.answer}`),
      // By ACP Gemini CLI tells them without what was thought.
      ...must(
        Number(attempt.modelUsage?.outputTokens ?? 0) >= (attempt.agent?.kind === 'ACP' ? 1 : 80),
        'it counts no tokens',
      ),
      ...must(
        activities.some(({ kind }) => kind === 'FILE_CHANGE'),
        'no activity is a change of a file',
      ),
    ],
  },
  {
    name: 'Run what fails',
    title: 'runs a command that fails, and recovers',
    steps: [
      { tools: [{ tool: 'shell', command: 'cat missing.txt' }] },
      { tools: [{ tool: 'shell', command: 'echo found > missing.txt && cat missing.txt' }] },
      { text: 'It is there now.' },
    ],
    judge: ({ attempt, change, activities }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...hasFiles(change, 'missing.txt'),
      ...must(
        commandsOf(activities).some(
          ({ status, command }) =>
            status === 'SUCCEEDED' && (isSilentOfOutput(attempt) || command?.output.includes('found') === true),
        ),
        'no activity is a command that succeeded, with what it printed',
      ),
    ],
  },
  {
    name: 'Fail and tell',
    title: 'a command that fails is told as one, with its exit code',
    steps: [{ tools: [{ tool: 'shell', command: 'echo because; exit 3' }] }, { text: 'It does not work.' }],
    gaps: {
      GEMINI: 'gives every command as a success, without an exit code',
      ACP: 'Gemini CLI gives every command as a success, without exit code and output',
    },
    judge: ({ attempt, activities }) => [
      ...ended(attempt, 'COMPLETED', 'AGENT_NO_CHANGES'),
      ...must(
        commandsOf(activities).some(({ status, command }) => status === 'FAILED' && command?.exitCode === 3),
        `no activity is a command that ended with 3: ${JSON.stringify(commandsOf(activities))}`,
      ),
    ],
  },
  {
    name: 'Change nothing',
    title: 'changes nothing: completed, and said so',
    steps: [{ text: 'There is nothing to do.' }],
    judge: ({ attempt }) => ended(attempt, 'COMPLETED', 'AGENT_NO_CHANGES'),
  },
  {
    name: 'Ask a server',
    title: 'calls a tool of an MCP server that its task names',
    mcpServers: [{ name: 'notes', command: ['node', '-e', NOTES_SERVER], variables: { NOTE_END: '!' } }],
    steps: [
      { tools: [{ tool: 'mcp', server: 'notes', name: 'note', arguments: { text: 'as it is' } }] },
      // What the server did is what it did with its own variables.
      { tools: [{ tool: 'shell', command: 'grep "as it is!" note.txt && mv note.txt noted.txt' }] },
      { text: 'It is noted.' },
    ],
    judge: ({ attempt, change, activities }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...hasFiles(change, 'noted.txt'),
      ...must(
        activities.some(({ toolCall, status }) => status === 'SUCCEEDED' && toolCall?.name.includes('note') === true),
        'no activity is a call of its tool',
      ),
    ],
  },
  {
    name: 'Answer a question',
    title: 'answers in mode `ASK`; there is no change',
    mode: 'ASK',
    steps: [{ tools: [{ tool: 'read_file', path: 'README.md' }] }, { text: 'It is a shop.' }],
    judge: ({ attempt, change }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...must(attempt.answer.includes('It is a shop.'), `its answer is ${attempt.answer}`),
      ...must(change === undefined, 'it has a change'),
    ],
  },
  {
    name: 'Edit when asked',
    title: 'edits in mode `ASK`: is not let, or it is `ASK_LEFT_CHANGE`',
    mode: 'ASK',
    steps: [{ tools: [{ tool: 'write_file', path: 'asked.txt', content: 'asked\n' }] }, { text: 'It is there.' }],
    gaps: { OPENCODE: 'offers its model no tool that edits' },
    judge: ({ attempt, change }) =>
      change === undefined
        ? ended(attempt, 'COMPLETED', '')
        : [
            ...ended(attempt, 'FAILED', 'ASK_LEFT_CHANGE'),
            ...hasFiles(change, 'asked.txt'),
            ...must(change.partial, 'the change is not marked as partial'),
          ],
  },
  {
    name: 'Plan at first',
    title: 'plans, waits, and carries out what was approved instead',
    mode: 'PLAN',
    gaps: { ACP: 'has no way to be asked for a plan that agents agree on' },
    steps: [{ tools: [{ tool: 'read_file', path: 'README.md' }] }, { text: '1. Write something.' }],
    approve: {
      text: '1. Write planned.txt, as approved.',
      steps: [
        { tools: [{ tool: 'write_file', path: 'planned.txt', content: 'planned\n' }] },
        { text: 'As it was planned.' },
      ],
    },
    judge: ({ attempt, change, plan }) => [
      ...must(plan?.text.includes('1. Write something.') === true, `its plan is ${String(plan?.text)}`),
      ...ended(attempt, 'COMPLETED', ''),
      ...hasFiles(change, 'planned.txt'),
      ...must(attempt.answer.includes('As it was planned.'), `its answer is ${attempt.answer}`),
    ],
  },
  {
    name: 'Be told more',
    title: 'a message after the end goes on with the conversation, on the same tree',
    // The server knows by the replies in a request where its script stands: the third step comes only to an agent that has
    // the first two in its conversation.
    steps: [
      { tools: [{ tool: 'write_file', path: 'first.txt', content: 'first\n' }] },
      { text: 'The first file is done.' },
      { tools: [{ tool: 'shell', command: 'cat first.txt > second.txt' }] },
      { text: 'The second file is done.' },
    ],
    followUp: { text: 'And the second file.' },
    judge: ({ attempt, change, turns }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...resumed(turns, 'COMPLETED', 'COMPLETED'),
      ...hasFiles(change, 'first.txt', 'second.txt'),
      ...must(attempt.answer.includes('The second file is done.'), `its answer is ${attempt.answer}`),
    ],
  },
  {
    name: 'Be interrupted',
    title: 'a message interrupts it; the next turn has its tree and its conversation',
    steps: [
      { tools: [{ tool: 'write_file', path: 'before.txt', content: 'before\n' }] },
      // Claude Code does not let a long sleep begin.
      { tools: [{ tool: 'shell', command: 'while [ ! -e never.txt ]; do sleep 1; done' }] },
      { text: 'Never.' },
    ],
    gaps: { ACP: KEEPS_WHAT_ENDED },
    followUp: { text: 'Do this instead', whileRunning: { after: 'before.txt', delivery: 'INTERRUPT' } },
    furtherSteps: [{ tools: [{ tool: 'shell', command: 'cat before.txt > after.txt' }] }, { text: 'Done instead.' }],
    judge: ({ attempt, change, turns }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...resumed(turns, 'CANCELLED', 'COMPLETED'),
      ...hasFiles(change, 'after.txt', 'before.txt'),
      ...must(attempt.answer.includes('Done instead.'), `its answer is ${attempt.answer}`),
    ],
  },
  {
    name: 'Hear meanwhile',
    title: 'is told something while it works, and hears it before its next step',
    steps: [
      { tools: [{ tool: 'write_file', path: 'before.txt', content: 'before\n' }] },
      // Until it is told; no two alike, which would be going round in circles.
      ...Array.from({ length: MOST_STEPS }, (_, index): Conversation['steps'][number] => ({
        tools: [{ tool: 'shell', command: `sleep 1; echo ${String(index)}` }],
      })),
      { text: NOT_TOLD },
    ],
    gaps: {
      CODEX: READS_ONCE,
      OPENCODE: READS_ONCE,
      GEMINI: READS_ONCE,
      ACP: 'its protocol has one prompt at a time',
    },
    followUp: { text: 'Do that as well', whileRunning: { after: 'before.txt', delivery: 'STEER' } },
    furtherSteps: [{ tools: [{ tool: 'shell', command: 'cat before.txt > after.txt' }] }, { text: 'That as well.' }],
    judge: ({ attempt, change, activities, turns }) => [
      ...ended(attempt, 'COMPLETED', ''),
      ...must(
        turns.map(({ state, statusDetail }) => `${state} ${statusDetail}`.trimEnd()).join() ===
          'COMPLETED,COMPLETED STEERED',
        `its turns are ${JSON.stringify(turns.map(({ state, statusDetail }) => [state, statusDetail]))}`,
      ),
      ...hasFiles(change, 'after.txt', 'before.txt'),
      ...must(attempt.answer.includes('That as well.'), `its answer is ${attempt.answer}`),
      ...must(!activities.some(({ text }) => text.includes(NOT_TOLD)), 'it was told when its work had ended'),
    ],
  },
  {
    name: 'Be refused',
    title: 'the model refuses the credential: `AGENT_AUTH_FAILED`',
    steps: [{ text: 'No.', fault: { kind: 'unauthorized' } }],
    judge: ({ attempt }) => ended(attempt, 'FAILED', 'AGENT_AUTH_FAILED'),
  },
  {
    name: 'Have no credit',
    title: 'the account has no credit: `AGENT_QUOTA_EXHAUSTED`',
    steps: [{ text: 'No.', fault: { kind: 'quota_exhausted' } }],
    idleSeconds: 45,
    gaps: { OPENCODE: SILENT_RETRIES },
    judge: ({ attempt }) => ended(attempt, 'FAILED', 'AGENT_QUOTA_EXHAUSTED'),
  },
  {
    name: 'Talk too long',
    title: 'the context is exceeded: `AGENT_CONTEXT_EXHAUSTED`',
    steps: [{ text: 'No.', fault: { kind: 'context_exceeded' } }],
    gaps: { OPENCODE: 'compacts the conversation and goes on' },
    judge: ({ attempt }) => ended(attempt, 'FAILED', 'AGENT_CONTEXT_EXHAUSTED'),
  },
  {
    name: 'Wait a moment',
    title: 'is refused once with Retry-After, waits, and completes',
    steps: [
      {
        tools: [{ tool: 'write_file', path: 'later.txt', content: 'later\n' }],
        fault: { kind: 'rate_limited', retryAfterSeconds: 1, times: 1 },
      },
      { text: 'Done after all.' },
    ],
    judge: ({ attempt, change }) => [...ended(attempt, 'COMPLETED', ''), ...hasFiles(change, 'later.txt')],
  },
  {
    name: 'Lose the stream',
    title: "the model's answers break off: `AGENT_STREAM_LOST`",
    steps: [{ text: 'This will be cut in the middle of the sentence.', fault: { kind: 'cut' } }],
    idleSeconds: 45,
    gaps: { OPENCODE: SILENT_RETRIES },
    judge: ({ attempt }) => ended(attempt, 'FAILED', 'AGENT_STREAM_LOST'),
  },
  {
    name: 'Hear nothing',
    title: 'the model hangs: the idle limit ends it, and its tree is kept',
    steps: [
      { tools: [{ tool: 'write_file', path: 'before.txt', content: 'before\n' }] },
      { text: 'Never.', fault: { kind: 'hang', from: 'start' } },
    ],
    idleSeconds: 45,
    judge: ({ attempt, change }) => [
      ...ended(attempt, 'TIMED_OUT', 'IDLE_LIMIT'),
      ...hasFiles(change, 'before.txt'),
      ...must(change?.partial === true, 'the change is not marked as partial'),
    ],
  },
  {
    name: 'Use too much',
    title: 'uses up its tokens: stopped with `BUDGET_EXHAUSTED`, and its tree is kept',
    budget: { tokens: '50000' },
    steps: [
      {
        tools: [{ tool: 'write_file', path: 'before.txt', content: 'before\n' }],
        usage: { input: 60_000, cachedInput: 0, output: 80, reasoning: 0 },
      },
      { text: 'Never.', fault: { kind: 'hang', from: 'start' } },
    ],
    gaps: { CODEX: TELLS_AT_THE_END, GEMINI: TELLS_AT_THE_END, ACP: MAY_TELL_NO_TOKENS },
    judge: isStoppedForBudget,
  },
  {
    name: 'Take too long',
    title: 'uses up its time: stopped with `BUDGET_EXHAUSTED`, and its tree is kept',
    budget: { duration: '60s' },
    steps: [
      { tools: [{ tool: 'write_file', path: 'before.txt', content: 'before\n' }] },
      { text: 'Never.', fault: { kind: 'hang', from: 'start' } },
    ],
    judge: isStoppedForBudget,
  },
];
