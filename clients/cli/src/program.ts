import { Command } from 'commander';
import { group, type Runtime } from './command.js';
import { agentsInstall, agentsList, agentsRemove, agentsVerify } from './commands/admin/agents.js';
import { credentialCreate, credentialUpdate } from './commands/admin/credential-set.js';
import { credentialDelete, credentialList, credentialShow } from './commands/admin/credentials.js';
import { priceDelete, priceList, priceSet } from './commands/admin/prices.js';
import { adminRunners } from './commands/admin/runners.js';
import { rotateSecrets } from './commands/admin/rotate-secrets.js';
import { attemptEgress } from './commands/attempt/egress.js';
import { attemptActivity } from './commands/attempt/activity.js';
import { attemptList } from './commands/attempt/list.js';
import { attemptLogs } from './commands/attempt/logs.js';
import { attemptPause, attemptResume } from './commands/attempt/pause.js';
import { planApprove, planShow } from './commands/attempt/plan.js';
import { attemptShow } from './commands/attempt/show.js';
import { attemptShell } from './commands/attempt/shell.js';
import { attemptTurns } from './commands/attempt/turns.js';
import { message } from './commands/attempt/message.js';
import { cancel } from './commands/attempt/cancel.js';
import { budgetRaise } from './commands/budget/raise.js';
import { budgetShow } from './commands/budget/show.js';
import { batchCancel } from './commands/batch/cancel.js';
import { batchCreate } from './commands/batch/create.js';
import { batchPlan } from './commands/batch/plan.js';
import { batchList } from './commands/batch/list.js';
import { batchShow } from './commands/batch/show.js';
import { batchWatch } from './commands/batch/watch.js';
import { changeApprove } from './commands/change/approve.js';
import { changeChecks } from './commands/change/checks.js';
import { changeDiff } from './commands/change/diff.js';
import { changeReject } from './commands/change/reject.js';
import { changeReview } from './commands/change/review.js';
import { changeRequest } from './commands/change/request-changes.js';
import { commentAdd } from './commands/comment/add.js';
import { commentList } from './commands/comment/list.js';
import { commentDelete, commentEdit, commentReopen, commentReply, commentResolve } from './commands/comment/threads.js';
import { environmentCreate } from './commands/environment/create.js';
import { environmentList } from './commands/environment/list.js';
import { environmentResetCache } from './commands/environment/reset-cache.js';
import { environmentShow } from './commands/environment/show.js';
import { environmentUpdate } from './commands/environment/update.js';
import { environmentValidate } from './commands/environment/validate.js';
import { secretDelete } from './commands/environment/secret-delete.js';
import { secretList } from './commands/environment/secret-list.js';
import { secretSet } from './commands/environment/secret-set.js';
import { forecastList } from './commands/forecast/list.js';
import { forecastShow } from './commands/forecast/show.js';
import { jobCancel } from './commands/job/cancel.js';
import { jobList } from './commands/job/list.js';
import { jobLogs } from './commands/job/logs.js';
import { jobShow } from './commands/job/show.js';
import { land } from './commands/landing/land.js';
import { landingExplain } from './commands/landing/explain.js';
import { landingList } from './commands/landing/list.js';
import { landingMove } from './commands/landing/move.js';
import { revert } from './commands/landing/revert.js';
import { landingShow } from './commands/landing/show.js';
import { landingWait } from './commands/landing/wait.js';
import { queueList } from './commands/queue/list.js';
import { queuePause, queueResume, queueSet } from './commands/queue/order.js';
import { queueShow } from './commands/queue/show.js';
import { overlapList } from './commands/overlap/list.js';
import { reconcileCancel } from './commands/reconcile/cancel.js';
import { reconcileCreate } from './commands/reconcile/create.js';
import { reconcileList } from './commands/reconcile/list.js';
import { reconcilePlan } from './commands/reconcile/plan.js';
import { reconcileShow } from './commands/reconcile/show.js';
import { reconcileWait } from './commands/reconcile/wait.js';
import { repoAdd } from './commands/repo/add.js';
import { repoList } from './commands/repo/list.js';
import { repoResources } from './commands/repo/resources.js';
import { repoPolicy } from './commands/repo/policy.js';
import { criteriaAttest, criteriaShow } from './commands/review/criteria.js';
import { triage } from './commands/review/triage.js';
import { verdictDismiss, verdictList } from './commands/review/verdicts.js';
import { systemStatus } from './commands/system/status.js';
import { taskCompare } from './commands/task/compare.js';
import { taskList } from './commands/task/list.js';
import { taskRank } from './commands/task/rank.js';
import { taskRetry } from './commands/task/retry.js';
import { taskRun } from './commands/task/run.js';
import { attemptSelect } from './commands/task/select.js';
import { taskShow } from './commands/task/show.js';
import { EXIT_CODES_HELP } from './exit-codes.js';

/** All commands, in the order of a day's work. */
export function buildProgram(runtime: Runtime, version: string): Command {
  const program = new Command('heddle')
    .description('Launch many coding-agent tasks on one git repository at once, compare what they made, and land it.')
    .version(version)
    // `install --version` is the command's, not the program's.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for the details)')
    .addHelpText('after', EXIT_CODES_HELP);
  for (const command of [
    systemStatus(runtime),
    group('repo', 'repositories that tasks work on', [
      repoAdd(runtime),
      repoList(runtime),
      repoPolicy(runtime),
      repoResources(runtime),
    ]),
    group('environment', 'recipes for the sandboxes of tasks', [
      environmentCreate(runtime),
      environmentList(runtime),
      environmentShow(runtime),
      environmentUpdate(runtime),
      environmentResetCache(runtime),
      environmentValidate(runtime),
      group('secret', 'values that the platform keeps and never shows', [
        secretSet(runtime),
        secretList(runtime),
        secretDelete(runtime),
      ]),
    ]),
    taskRun(runtime),
    group('batch', 'tasks launched together', [
      batchPlan(runtime),
      batchCreate(runtime),
      batchList(runtime),
      batchShow(runtime),
      batchCancel(runtime),
    ]),
    group('task', 'single tasks', [taskList(runtime), taskShow(runtime), taskRetry(runtime)]),
    batchWatch(runtime),
    attemptLogs(runtime),
    attemptActivity(runtime),
    attemptEgress(runtime),
    message(runtime),
    group('plan', 'what an agent would do, before it does', [planShow(runtime), planApprove(runtime)]),
    group('attempt', 'one agent at work', [
      attemptList(runtime),
      attemptShow(runtime),
      attemptEgress(runtime),
      attemptTurns(runtime),
      attemptPause(runtime),
      attemptResume(runtime),
      attemptShell(runtime),
    ]),
    triage(runtime),
    changeReview(runtime),
    group('comment', 'what people say about changes, at their lines', [
      commentAdd(runtime),
      commentList(runtime),
      commentReply(runtime),
      commentEdit(runtime),
      commentDelete(runtime),
      commentResolve(runtime),
      commentReopen(runtime),
    ]),
    changeDiff(runtime),
    changeChecks(runtime),
    taskCompare(runtime),
    taskRank(runtime),
    attemptSelect(runtime),
    overlapList(runtime),
    group('forecast', 'what planned tasks were expected to have in common', [
      forecastList(runtime),
      forecastShow(runtime),
    ]),
    changeApprove(runtime),
    changeReject(runtime),
    changeRequest(runtime),
    group('reconcile', 'several changes made one', [
      reconcilePlan(runtime),
      reconcileCreate(runtime),
      reconcileShow(runtime),
      reconcileList(runtime),
      reconcileWait(runtime),
      reconcileCancel(runtime),
    ]),
    group('verdict', 'decisions on changes', [verdictList(runtime), verdictDismiss(runtime)]),
    group('criteria', 'what the task wants of a change, and what proves it', [
      criteriaShow(runtime),
      criteriaAttest(runtime),
    ]),
    land(runtime),
    group('landing', 'changes on their way into a branch', [
      landingList(runtime),
      landingShow(runtime),
      landingWait(runtime),
      landingExplain(runtime),
      landingMove(runtime),
    ]),
    revert(runtime),
    group('queue', 'the paths of approved changes into branches', [
      queueList(runtime),
      queueShow(runtime),
      queuePause(runtime),
      queueResume(runtime),
      queueSet(runtime),
    ]),
    cancel(runtime),
    group('budget', 'what batches, tasks and attempts may use, and have used', [
      budgetShow(runtime),
      budgetRaise(runtime),
    ]),
    group('job', 'long work that is no task: dry runs of environments', [
      jobList(runtime),
      jobShow(runtime),
      jobCancel(runtime),
      jobLogs(runtime),
    ]),
    group('admin', 'for operators of the platform', [
      adminRunners(runtime),
      group('agents', 'programs of agents on the runners', [
        agentsInstall(runtime),
        agentsList(runtime),
        agentsVerify(runtime),
        agentsRemove(runtime),
      ]),
      group('credentials', 'what agents reach their models by', [
        credentialCreate(runtime),
        credentialList(runtime),
        credentialShow(runtime),
        credentialUpdate(runtime),
        credentialDelete(runtime),
      ]),
      group('prices', 'what models cost', [priceList(runtime), priceSet(runtime), priceDelete(runtime)]),
      group('secrets', 'keys of the secrets', [rotateSecrets(runtime)]),
    ]),
  ]) {
    program.addCommand(command);
  }
  return program;
}
