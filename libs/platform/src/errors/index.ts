export { decodeStatus, encodeStatus, STATUS_DETAILS_KEY, toStatus } from './status-details.js';
export { toHeddleError } from './to-heddle-error.js';
export { unavailableReason } from './unavailable.js';
