/** What a program sends as its key; the egress replaces it. Without one, programs don't start. */
export const PLACEHOLDER_KEY = 'heddle';
