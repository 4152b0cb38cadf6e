import type { EgressRequest } from '@heddle/contracts';
import {
  ModelCredentialServiceClient,
  SandboxOwner_Kind,
  SandboxSpecServiceClient,
  type GetSandboxSecretsResponse,
  type SandboxOwner,
  type SandboxSpec,
} from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { createGrpcClient } from '@heddle/platform/grpc-client';
import { toDuration } from '@heddle/platform/waiting';

/** What a model's server said when it was asked too often. */
export interface ModelRefusal {
  readonly credentialId: string;
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Milliseconds since the epoch. */
  readonly refusedAt: number;
}

/** What a sandbox is for, from the service that owns its owner. */
export interface SandboxSpecs {
  /** @throws HeddleError FENCE_SUPERSEDED, OWNER_NOT_FOUND */
  get(owner: SandboxOwnerRef): Promise<SandboxSpec>;
  /** Values that must stay in memory. @throws as `get` */
  secrets(owner: SandboxOwnerRef): Promise<GetSandboxSecretsResponse>;
  /** What is stored already is taken again. */
  recordEgress(owner: SandboxOwnerRef, requests: readonly EgressRequest[]): Promise<void>;
  /** A repeat changes nothing. @throws as `get` */
  reportModelRefusal(owner: SandboxOwnerRef, refusal: ModelRefusal): Promise<void>;
  close(): void;
}

export function createSandboxSpecs(
  schedulerAddress: string,
  reviewAddress: string,
  internalToken: string,
): SandboxSpecs {
  const scheduler = createGrpcClient(SandboxSpecServiceClient, schedulerAddress, { internalToken });
  const review = createGrpcClient(SandboxSpecServiceClient, reviewAddress, { internalToken });
  const models = createGrpcClient(ModelCredentialServiceClient, schedulerAddress, { internalToken });
  const serviceOf = ({ kind }: SandboxOwnerRef): typeof scheduler =>
    kind === 'LANDING' || kind === 'TRIAL' ? review : scheduler;
  return {
    get(owner) {
      return serviceOf(owner).getSandboxSpec({ owner: toOwner(owner) });
    },
    secrets(owner) {
      return serviceOf(owner).getSandboxSecrets({ owner: toOwner(owner) });
    },
    async recordEgress(owner, requests) {
      await serviceOf(owner).recordEgress({ owner: toOwner(owner), requests: [...requests] });
    },
    async reportModelRefusal(owner, { credentialId, status, retryAfterMs, refusedAt }) {
      await models.reportModelRefusal({
        owner: toOwner(owner),
        credentialId,
        status,
        retryAfter: retryAfterMs === undefined ? undefined : toDuration(retryAfterMs),
        refuseTime: new Date(refusedAt),
      });
    },
    close() {
      models.close();
      scheduler.close();
      review.close();
    },
  };
}

function toOwner({ kind, id, fence }: SandboxOwnerRef): SandboxOwner {
  return { kind: SandboxOwner_Kind[kind], id, fence: String(fence) };
}
