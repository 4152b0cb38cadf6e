/** Where the build puts the bundle of all workflows, for `workflowBundle: { codePath }`. */
export const WORKFLOW_BUNDLE_URL = new URL('./workflow-bundle.js', import.meta.url);
