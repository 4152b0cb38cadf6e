import type { EgressRequest } from '@heddle/contracts';
import {
  SandboxOwner_Kind,
  SandboxSpecServiceClient,
  type SandboxOwner,
  type SandboxSecret,
  type SandboxSpec,
} from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { createGrpcClient } from '@heddle/platform/grpc-client';

/** What a sandbox is for, from the service that owns its owner. */
export interface SandboxSpecs {
  /** @throws HeddleError FENCE_SUPERSEDED, OWNER_NOT_FOUND */
  get(owner: SandboxOwnerRef): Promise<SandboxSpec>;
  /** Values that must stay in memory. @throws as `get` */
  secrets(owner: SandboxOwnerRef): Promise<readonly SandboxSecret[]>;
  /** What is stored already is taken again. */
  recordEgress(owner: SandboxOwnerRef, requests: readonly EgressRequest[]): Promise<void>;
  close(): void;
}

export function createSandboxSpecs(
  schedulerAddress: string,
  reviewAddress: string,
  internalToken: string,
): SandboxSpecs {
  const scheduler = createGrpcClient(SandboxSpecServiceClient, schedulerAddress, { internalToken });
  const review = createGrpcClient(SandboxSpecServiceClient, reviewAddress, { internalToken });
  const serviceOf = ({ kind }: SandboxOwnerRef): typeof scheduler => (kind === 'LANDING' ? review : scheduler);
  return {
    get(owner) {
      return serviceOf(owner).getSandboxSpec({ owner: toOwner(owner) });
    },
    async secrets(owner) {
      return (await serviceOf(owner).getSandboxSecrets({ owner: toOwner(owner) })).secrets;
    },
    async recordEgress(owner, requests) {
      await serviceOf(owner).recordEgress({ owner: toOwner(owner), requests: [...requests] });
    },
    close() {
      scheduler.close();
      review.close();
    },
  };
}

function toOwner({ kind, id, fence }: SandboxOwnerRef): SandboxOwner {
  return { kind: SandboxOwner_Kind[kind], id, fence: String(fence) };
}
