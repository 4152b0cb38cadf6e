import { parseArgs } from 'node:util';
import { readScenario, ScenarioError, scenarioJsonSchema } from './scenario.js';
import type { RequestRecord } from './request-log.js';
import { startScriptedModel } from './scripted-model.js';

const USAGE = `Usage: heddle-scripted-model SCENARIO.json [--host HOST] [--port PORT] [--socket PATH] [--keep-bodies]
       heddle-scripted-model --schema

Serves a scripted model until it is stopped, and prints its addresses as one line of JSON when it is ready.
Requests that no step of the script answers are told on standard error.
--schema prints the JSON Schema of scenario files.
`;

/** Returns the exit code, or undefined while it serves. */
export async function main(arguments_: readonly string[]): Promise<number | undefined> {
  const asked = readArguments(arguments_);
  if (!asked) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { values, positionals } = asked;
  if (values.help || values.schema) {
    process.stdout.write(values.help ? USAGE : `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
    return 0;
  }
  const [path] = positionals;
  const port = Number(values.port);
  if (path === undefined || positionals.length > 1 || !Number.isInteger(port) || port < 0 || port > 65_535) {
    process.stderr.write(USAGE);
    return 2;
  }
  try {
    const model = await startScriptedModel({
      scenario: await readScenario(path),
      port,
      host: values.host,
      ...(values.socket !== undefined && { socketPath: values.socket }),
      keepBodies: values['keep-bodies'],
      onRequest: tell,
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void model.close());
    process.stdout.write(`${JSON.stringify({ url: model.url, socket: model.socketPath })}\n`);
    return undefined;
  } catch (error) {
    const words = error instanceof ScenarioError ? `The scenario ${path} is wrong:\n${error.message}` : String(error);
    process.stderr.write(`${words}\n`);
    return 1;
  }
}

/** A request that no step of the script answered, though a model was asked: whoever wonders at the agent sees why. */
function tell({ method, path, outcome, status, model, tools = [], authorization }: RequestRecord): void {
  const isScripted = outcome === 'step' || outcome === 'end' || outcome === 'fault' || outcome === 'over_limit';
  if (isScripted || (outcome === 'side' && model === undefined)) return;
  const facts = { outcome, status, model, tools, authorization: authorization?.header };
  process.stderr.write(`not in the script: ${method} ${path} ${JSON.stringify(facts)}\n`);
}

function readArguments(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        socket: { type: 'string' },
        'keep-bodies': { type: 'boolean', default: false },
        schema: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch {
    return undefined;
  }
}
