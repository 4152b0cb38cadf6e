export type { Authorization, RequestCounters, RequestOutcome, RequestRecord } from './request-log.js';
export { parseScenario, readScenario, ScenarioError, type ScenarioInput } from './scenario.js';
export { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from './scripted-model.js';
