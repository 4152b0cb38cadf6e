/** What a receiver accepts. Heddle sends at most 3 MiB a message; clients commonly stop at 4. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
