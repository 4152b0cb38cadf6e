import type { ForecastServiceService, OverlapServiceService } from '@heddle/contracts';
import type { GrpcCalls } from '@heddle/platform/grpc-client';
import type { GitStoreServiceService, ReviewBacklogServiceService } from '@heddle/contracts/internal';

export const CONFIG = Symbol('scheduler config');
export const FORECASTS = Symbol('review: forecasts');
export const GIT_STORE = Symbol('review: git store');
/** Holds the keys of the environments' secrets. */
export const KEY_PROVIDER = Symbol('key provider');
export const NATS = Symbol('nats connection');
export const OVERLAPS = Symbol('review: overlaps');
export const REVIEW_BACKLOGS = Symbol('review: what waits for reviewers');
export const TEMPORAL = Symbol('temporal client');

export type Forecasts = GrpcCalls<typeof ForecastServiceService>;
export type GitStore = GrpcCalls<typeof GitStoreServiceService>;
export type Overlaps = GrpcCalls<typeof OverlapServiceService>;
export type ReviewBacklogs = GrpcCalls<typeof ReviewBacklogServiceService>;
