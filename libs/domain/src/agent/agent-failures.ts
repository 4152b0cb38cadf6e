/** Why a turn of an agent failed, by what its own protocol said; each is a statusDetail of attempts. */
export const AGENT_FAILURES = {
  AGENT_AUTH_FAILED: 'the model refused the credential',
  AGENT_QUOTA_EXHAUSTED: 'the account at the model has no credit left',
  AGENT_RATE_LIMITED: 'the model refused for its rate or load until the agent gave up',
  AGENT_CONTEXT_EXHAUSTED: 'the conversation is too long for the model',
  AGENT_STREAM_LOST: "the model's answer broke off or did not come",
  AGENT_REFUSED_TOOL: 'the agent was not let do what it needed to do',
  AGENT_STUCK: 'the agent made no progress any more',
  AGENT_CRASHED: 'the agent ended without saying how its turn ended',
  AGENT_ERROR: 'the agent reports an error that the platform does not know',
} as const;

export type AgentFailure = keyof typeof AGENT_FAILURES;
