/** PLACEHOLDER until libs/testing is there */
export const servers = { databaseUrl: process.env['T_PG'] ?? '', natsUrl: process.env['T_NATS'] ?? '' };
