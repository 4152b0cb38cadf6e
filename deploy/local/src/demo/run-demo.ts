import { setMaxListeners } from 'node:events';
import { Output, StreamSink } from '@heddle/cli';
import { HeddleApiError, HeddleClient, HeddleConnectionError } from '@heddle/sdk';
import { startPlatform } from '../launcher/platform.js';
import { SetupError } from '../servers/setup.error.js';
import { makeDemoHome, type DemoHome } from './demo-home.js';
import { DEMO_HELP, parseDemoOptions, type DemoOptions } from './demo-options.js';
import { examplePlan } from './example-plan.js';
import { judge } from './expectations.js';
import { ownPlan } from './own-plan.js';
import type { DemoPlan } from './plan.js';
import { DemoReport } from './demo-report.js';
import { doTheJob } from './the-job.js';

const EXIT = { ok: 0, broken: 1, usage: 2, interrupted: 130 } as const;

/**
 * The main job, from launch to landing, on a platform of its own.
 * @returns the exit code: 0 only if all that was to be shown is true
 */
export async function runDemo(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) return EXIT.usage;
  if (options.help) {
    process.stdout.write(DEMO_HELP);
    return EXIT.ok;
  }
  const interrupt = interruptSignal();
  const out = new Output({
    stdout: new StreamSink(process.stdout),
    stderr: new StreamSink(process.stderr),
    env: process.env,
    json: false,
  });
  const report = new DemoReport(out);
  const home = await makeDemoHome(process.env);
  try {
    const code = await demonstrate(options, home, report, out, interrupt);
    if (code === EXIT.ok || options.keep) await removeHome(home, report);
    else report.kept(home.platform);
    return code;
  } catch (error) {
    const code = explain(error, interrupt);
    if (code === EXIT.interrupted) await removeHome(home, report);
    else report.kept(home.platform);
    return code;
  }
}

/** What was shown is true, whatever becomes of the files. */
async function removeHome(home: DemoHome, report: DemoReport): Promise<void> {
  const inTheWay = await home.remove();
  if (inTheWay !== undefined) report.notRemoved(home.path, inTheWay);
}

async function demonstrate(
  options: DemoOptions,
  home: DemoHome,
  report: DemoReport,
  out: Output,
  signal: AbortSignal,
): Promise<number> {
  const plan = await makePlan(options, home);
  report.heading('Platform', home.platform);
  const say = (line: string): void => report.detail(line);
  const platform = await startPlatform({ dataDir: home.platform, ports: { http: 0, grpc: 0 }, say });
  try {
    signal.throwIfAborted();
    const { url, adminToken } = platform.runJson;
    const heddle = new HeddleClient({ url, token: adminToken });
    const outcome = await doTheJob(heddle, plan, { report, out, signal });
    const holds = report.verdict(judge(plan, outcome));
    if (options.keep) {
      report.leftUp(platform.dataDirectory, url);
      await aborted(signal);
    }
    return holds ? EXIT.ok : EXIT.broken;
  } finally {
    await platform.stop();
  }
}

function makePlan({ own, landBranch }: DemoOptions, home: DemoHome): Promise<DemoPlan> {
  return own === undefined ? examplePlan(home.path, landBranch) : ownPlan(own, landBranch, home.id);
}

function readOptions(args: readonly string[]): DemoOptions | undefined {
  try {
    return parseDemoOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${DEMO_HELP}`);
    return undefined;
  }
}

/** Aborts at the first signal; the platform is then stopped in order, which has deadlines of its own. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Error(`ended by ${name}`)));
  }
  // Every request listens to it while it lasts.
  setMaxListeners(0, controller.signal);
  return controller.signal;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** @throws what is no expected failure */
function explain(error: unknown, signal: AbortSignal): number {
  if (signal.aborted) return EXIT.interrupted;
  const known =
    error instanceof SetupError || HeddleApiError.is(error) || HeddleConnectionError.is(error) || isInputError(error);
  if (!known) throw error;
  const { message } = error;
  const details = HeddleApiError.is(error)
    ? error.violations.map((fault) => `\n  ${fault.field}: ${fault.description}`)
    : [];
  process.stderr.write(`\n${message}${details.join('')}\n`);
  return isInputError(error) ? EXIT.usage : EXIT.broken;
}

/** A tasks file that can't be read or is not in the right form. */
function isInputError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name === 'CliError' || ('code' in error && error.code === 'ENOENT');
}
