import { isJobEnded, type HeddleClient, type Job } from '@heddle/sdk';
import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { parseDuration } from '../../input/duration-option.js';
import { parseWholeNumber } from '../../input/number-option.js';
import { shortId } from '../../output/short-id.js';
import { followLog } from '../../progress/show-log.js';
import { resolveEnvironment } from '../../resolve/resolve-environment.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import type { Session } from '../../session.js';
import { jobDetails } from '../../views/job-view.js';

interface Options extends JsonOption {
  readonly repository?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly environmentVersion?: number;
  readonly checks?: boolean;
  readonly follow?: boolean;
  readonly timeout?: number;
}

export function environmentValidate(runtime: Runtime): Command {
  return leaf('validate', 'run the set-up script dry, at a commit of a repository; what it leaves is thrown away')
    .argument('<environment>', 'name or id')
    .option('-r, --repository <name-or-id>', 'repository; not needed where there is only one')
    .addOption(new Option('--repo <name-or-id>', 'the same').hideHelp())
    .option('--ref <ref>', 'branch, tag or commit; by default the default branch')
    .option('--environment-version <number>', 'version of the environment; by default the newest', parseWholeNumber)
    .option('--checks', "run the environment's checks too, on what the set-up left")
    .option('-f, --follow', 'print its log and stay to the end (exit code 1 where it failed)')
    .option('--timeout <duration>', 'stay no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string], Options>(runtime, async (session, options, text) => {
        const heddle = await session.client();
        const { ref, environmentVersion: version, checks: runChecks } = options;
        const repositoryId = await resolveRepository(heddle, options.repository ?? options.repo);
        const environment = await resolveEnvironment(heddle, text);
        const job = await heddle.environments.validate(
          environment.id,
          { repositoryId, ref, version, runChecks },
          { signal: session.signal, timeoutMs: 120_000 },
        );
        if (options.follow === true) return follow(session, heddle, job, options.timeout);
        show(session, job);
        session.out.note(`Follow it: heddle job logs -f ${shortId(job.id)}, heddle job show ${shortId(job.id)}`);
        return EXIT.ok;
      }),
    );
}

async function follow(
  session: Session,
  heddle: HeddleClient,
  job: Job,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  const { out, signal } = session;
  const limit = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
  const stop = AbortSignal.any([signal, ...limit]);
  out.note(`Job ${job.id} is ${job.state}; its log follows. Elsewhere: heddle job show ${shortId(job.id)}`);
  try {
    await followLog(out, heddle.logs.follow({ kind: 'jobs', id: job.id }, {}, { signal: stop }));
  } catch (error) {
    // Of an interruption by the user the caller says the rest.
    if (signal.aborted || !stop.aborted) throw error;
  }
  const ended = await heddle.jobs.wait(job.id, { signal, ...(stop.aborted ? { timeoutMs: 0 } : {}) });
  show(session, ended);
  if (!isJobEnded(ended)) return EXIT.timeLimit;
  return ended.state === 'SUCCEEDED' ? EXIT.ok : EXIT.workFailed;
}

/** After a log it is one more document of the stream. */
function show({ out, now }: Session, job: Job): void {
  if (!out.json) out.lines(jobDetails(job, { style: out.style, columns: out.columns, now: now() }));
  else if (isJobEnded(job)) out.record(job);
  else out.document(job);
}
