/**
 * Which service behind the gateway implements which part of the API: by service, and by method where another one has it.
 * What is not here is the gateway's own or not built.
 */
export function serviceAddresses(scheduler: string, review: string): Readonly<Record<string, string>> {
  return {
    'heddle.v1.RepositoryService': scheduler,
    'heddle.v1.EnvironmentService': scheduler,
    'heddle.v1.BatchService': scheduler,
    // A plan is held against what the repository has.
    'heddle.v1.BatchService/SuggestSplit': review,
    'heddle.v1.ForecastService': review,
    'heddle.v1.TaskService': scheduler,
    // What tasks come to is about their changes.
    'heddle.v1.TaskService/GetRanking': review,
    'heddle.v1.TaskService/SelectAttempt': review,
    'heddle.v1.AttemptService': scheduler,
    'heddle.v1.JobService': scheduler,
    'heddle.v1.RunnerService': scheduler,
    'heddle.v1.AgentToolService': scheduler,
    'heddle.v1.AccessService': scheduler,
    'heddle.v1.PriceService': scheduler,
    'heddle.v1.ChangeService': review,
    'heddle.v1.OverlapService': review,
    'heddle.v1.ReviewPolicyService': review,
    'heddle.v1.ResourceRulesService': review,
    'heddle.v1.LandingService': review,
    'heddle.v1.ReconciliationService': review,
    'heddle.v1.LandingQueueService': review,
  };
}
