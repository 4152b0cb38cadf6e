export { ChangeBell } from './change-bell.js';
export { durationMs, toDuration } from './duration.js';
export { waitUntil } from './wait-until.js';
