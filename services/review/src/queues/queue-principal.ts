/** Who sends on what falls out of a queue. */
export const QUEUE_PRINCIPAL = 'landing-queue';
