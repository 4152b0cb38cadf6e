// What services say to each other: heddle.internal.v1.
export * from './generated/internal.js';
