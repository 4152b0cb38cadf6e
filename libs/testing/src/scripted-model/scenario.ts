import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const text = z.string().min(1);
const milliseconds = z.number().int().min(0).max(3_600_000);
const tokens = z.number().int().min(0);

/** A tool call in words of no particular agent; `agent-tools.ts` says what becomes of it for each. */
const toolSchema = z.discriminatedUnion('tool', [
  z.strictObject({ tool: z.literal('shell'), command: text }),
  z.strictObject({ tool: z.literal('read_file'), path: text }),
  /** Makes the file, or replaces all of it. */
  z.strictObject({ tool: z.literal('write_file'), path: text, content: z.string() }),
  /** `old` and `new` are whole lines, without the last line break: codex edits by lines. */
  z.strictObject({ tool: z.literal('edit_file'), path: text, old: text, new: z.string() }),
  z.strictObject({
    tool: z.literal('plan'),
    items: z
      .array(z.strictObject({ text, status: z.enum(['pending', 'in_progress', 'completed']).default('pending') }))
      .min(1),
  }),
  /** A tool of a server by the Model Context Protocol, by the names that the server and its tool have themselves. */
  z.strictObject({
    tool: z.literal('mcp'),
    server: text,
    name: text,
    arguments: z.record(z.string(), z.unknown()).optional(),
  }),
  /** The agent's own tool by its own name, or one that it doesn't have. */
  z.strictObject({
    tool: z.literal('raw'),
    name: text,
    arguments: z.record(z.string(), z.unknown()).optional(),
    /** For the free-form tools of the Responses protocol, in place of `arguments`. */
    input: z.string().optional(),
    /** The group that the Responses protocol offered the tool in, if it did. */
    namespace: text.optional(),
  }),
]);

const times = z.number().int().min(1).optional();

/** What goes wrong, `times` times (always, if not said) before the reply is given after all. */
const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('unauthorized'), times }),
  z.strictObject({ kind: z.literal('rate_limited'), retryAfterSeconds: z.number().int().min(0).optional(), times }),
  z.strictObject({ kind: z.literal('quota_exhausted'), times }),
  z.strictObject({ kind: z.literal('server_error'), times }),
  z.strictObject({ kind: z.literal('overloaded'), times }),
  z.strictObject({ kind: z.literal('context_exceeded'), times }),
  /** The connection breaks in the middle of the reply. */
  z.strictObject({ kind: z.literal('cut'), times }),
  /** Nothing more comes, from the first byte on or from the middle of the reply. */
  z.strictObject({ kind: z.literal('hang'), from: z.enum(['start', 'middle']).default('start'), times }),
  /** An event in the middle of the reply is not JSON. */
  z.strictObject({ kind: z.literal('malformed'), times }),
]);

const usageSchema = z.strictObject({
  /** All tokens of the prompt, those of the cache included. */
  input: tokens.default(100),
  cachedInput: tokens.default(0),
  /** All tokens of the reply, those of reasoning included. */
  output: tokens.default(20),
  reasoning: tokens.default(0),
});

const stepSchema = z
  .strictObject({
    reasoning: text.optional(),
    text: text.optional(),
    tools: z.array(toolSchema).min(1).optional(),
    usage: usageSchema.prefault({}),
    /** Before the reply's first byte. */
    delayMs: milliseconds.optional(),
    /** Before each further event of a streamed reply. */
    eventDelayMs: milliseconds.optional(),
    fault: faultSchema.optional(),
  })
  .refine((step) => step.text !== undefined || step.tools !== undefined || step.fault !== undefined, {
    message: 'A step needs a text, tools or a fault.',
  });

const conversationSchema = z.strictObject({
  name: text,
  /** What the prompt holds: a piece of it, or a regular expression. Without it, the conversation is the default. */
  match: z
    .union([
      text,
      z.strictObject({
        pattern: text.refine(isPattern, { message: 'This is no regular expression.' }),
      }),
    ])
    .optional(),
  steps: z.array(stepSchema).min(1),
  /** After the last step: a closing text, or all steps from the first again, for ever. */
  whenDone: z.enum(['end', 'repeat']).default('end'),
});

const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    /** What the list of models names; requests may ask for any. */
    models: z.array(text).min(1).default(['scripted-1']),
    conversations: z.array(conversationSchema).min(1),
    /** More requests at a time than `concurrent` are answered 429. */
    limit: z
      .strictObject({
        concurrent: z.number().int().min(1),
        retryAfterSeconds: z.number().int().min(0).optional(),
      })
      .optional(),
    /** For steps that say nothing of it. */
    delayMs: milliseconds.default(0),
    /** Where relative paths begin, for an agent that wants absolute ones and doesn't name its directory itself. */
    workspace: text.optional(),
    /** A request that offers no tools is a side request (a title, a summary) with this answer … */
    sideText: text.default('Scripted side reply: the request offered no tools, so this is no step of the script.'),
    /** … unless the agent under test has no tools at all. */
    toolless: z.enum(['side', 'script']).default('side'),
  })
  .superRefine((scenario, context) => {
    const names = new Set<string>();
    let defaults = 0;
    scenario.conversations.forEach(({ name, match }, index) => {
      const path = ['conversations', index];
      if (names.has(name)) {
        context.addIssue({ code: 'custom', path: [...path, 'name'], message: `The name ${name} is taken.` });
      }
      names.add(name);
      if (match === undefined && ++defaults > 1) {
        context.addIssue({ code: 'custom', path, message: 'Only one conversation may go without a match.' });
      }
    });
  });

/** A scenario as its author writes it. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Scenario = z.output<typeof scenarioSchema>;
export type Conversation = Scenario['conversations'][number];
export type Step = Conversation['steps'][number];
export type ScriptedTool = z.output<typeof toolSchema>;
export type Fault = z.output<typeof faultSchema>;
export type Usage = z.output<typeof usageSchema>;

/** Tells every mistake of a scenario with its place, e.g. `conversations.0.steps.1.tools.0.command: …`. */
export class ScenarioError extends Error {
  constructor(readonly issues: readonly { readonly path: string; readonly message: string }[]) {
    super(issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'));
    this.name = 'ScenarioError';
  }
}

/** Throws a ScenarioError. */
export function parseScenario(value: unknown): Scenario {
  const result = scenarioSchema.safeParse(value);
  if (result.success) return result.data;
  throw new ScenarioError(
    result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  );
}

/** Reads a JSON file. Throws a ScenarioError, also for what isn't JSON. */
export async function readScenario(path: string): Promise<Scenario> {
  const content = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new ScenarioError([{ path: '', message: `${path} is not JSON: ${String(error)}` }]);
  }
  return parseScenario(value);
}

/** The JSON Schema of scenario files, for editors. */
export function scenarioJsonSchema(): unknown {
  return z.toJSONSchema(scenarioSchema, { io: 'input' });
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
