import { batchTable, checkTable, landingLines, overlapTable, shortCommit, type Output } from '@heddle/cli';
import type { HeddleClient } from '@heddle/sdk';
import type { DemoReport } from './demo-report.js';
import type { Outcome } from './expectations.js';
import type { DemoPlan, TestRun } from './plan.js';
import { collect } from './stages/collect.js';
import { land, type Landed } from './stages/land.js';
import { launch } from './stages/launch.js';
import { register } from './stages/register.js';
import { review } from './stages/review.js';

export interface JobContext {
  readonly report: DemoReport;
  readonly out: Output;
  readonly signal: AbortSignal;
}

/** Register, launch, compare, approve, land: everything by the public API, every step shown. */
export async function doTheJob(heddle: HeddleClient, plan: DemoPlan, context: JobContext): Promise<Outcome> {
  const { report, out, signal } = context;
  const view = () => ({ style: out.style, columns: out.columns, now: new Date() });

  report.heading('Repository', plan.repository);
  const repository = await register(heddle, plan, signal);
  report.detail(
    `${repository.name} is registered, its default branch is ${repository.defaultBranch ?? 'not known yet'}`,
  );

  const count = plan.batch.tasks?.length ?? 0;
  report.heading('Batch', `${String(count)} tasks at once, each in a sandbox of its own`);
  const { id } = await launch(heddle, plan, repository.id, { out, signal });

  report.heading('Results', 'checks were run by the platform, on the captured tree');
  const results = await collect(heddle, id, signal);
  out.lines(batchTable(results.batch, results.changes, view()));

  report.heading('Overlaps', 'what git would say if they met');
  out.lines(overlapTable(results.pairs, results.batch, view()));

  report.heading('Review');
  const reviewed = await review(heddle, results, signal);
  for (const { title } of reviewed.approved) report.good(`approved  ${title}`);
  for (const { title, why } of reviewed.refused) report.bad(`not approved  ${title}: ${why}`);

  report.heading('Landing', plan.targetBranch === undefined ? 'one after the other' : `on ${plan.targetBranch}`);
  const onSettled = ({ landing }: Landed): void => out.lines(landingLines(landing, view()));
  const landed = await land(heddle, reviewed.approved, plan.targetBranch, { signal, onSettled });

  return { results, review: reviewed, landed, tests: await testLanded(plan, landed, context) };
}

/** The example's tests are run in a fresh clone; anyone else's code only ever runs in a sandbox, so its checks there speak. */
async function testLanded(
  plan: DemoPlan,
  landed: readonly Landed[],
  { report, out }: JobContext,
): Promise<TestRun | undefined> {
  const last = landed.filter(({ landing }) => landing.state === 'LANDED').at(-1)?.landing;
  if (last === undefined) return undefined;
  report.heading('Landed branch', `${last.targetBranch} at ${shortCommit(last.landedCommit ?? '')}`);
  if (plan.expected === undefined) {
    out.lines(checkTable(last.checks, { style: out.style, columns: out.columns, now: new Date() }));
    return undefined;
  }
  const tests = await plan.expected.testLandedBranch(last.targetBranch);
  (tests.passed ? report.good : report.bad)(`${tests.command} in a fresh clone: ${tests.summary}`);
  return tests;
}
