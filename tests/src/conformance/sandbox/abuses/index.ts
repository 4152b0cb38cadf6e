import type { Abuse } from '../abuse.js';
import { HOST_ABUSES } from './host.js';
import { LIMIT_ABUSES } from './limits.js';
import { NETWORK_ABUSES } from './network.js';
import { PROCESS_ABUSES } from './processes.js';
import { TREE_ABUSES } from './tree.js';

export const ABUSES: readonly Abuse[] = [
  ...HOST_ABUSES,
  ...NETWORK_ABUSES,
  ...LIMIT_ABUSES,
  ...TREE_ABUSES,
  ...PROCESS_ABUSES,
].sort((one, other) => one.id.localeCompare(other.id));
