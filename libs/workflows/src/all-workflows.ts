// The entry of the bundle: what is exported here is what workers can run, under these names.
export { attempt } from './attempt/attempt.workflow.js';
export { job } from './job/job.workflow.js';
export { landing } from './landing/landing.workflow.js';
export { trial } from './trial/trial.workflow.js';
