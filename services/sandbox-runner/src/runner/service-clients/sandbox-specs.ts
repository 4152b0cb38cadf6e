import { SandboxOwner_Kind, SandboxSpecServiceClient, type SandboxSpec } from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { createGrpcClient } from '@heddle/platform/grpc-client';

/** What a sandbox is for, from the service that owns its owner. */
export interface SandboxSpecs {
  /** @throws HeddleError FENCE_SUPERSEDED, OWNER_NOT_FOUND */
  get(owner: SandboxOwnerRef): Promise<SandboxSpec>;
  close(): void;
}

export function createSandboxSpecs(
  schedulerAddress: string,
  reviewAddress: string,
  internalToken: string,
): SandboxSpecs {
  const scheduler = createGrpcClient(SandboxSpecServiceClient, schedulerAddress, { internalToken });
  const review = createGrpcClient(SandboxSpecServiceClient, reviewAddress, { internalToken });
  return {
    get({ kind, id, fence }) {
      const service = kind === 'ATTEMPT' ? scheduler : review;
      return service.getSandboxSpec({ owner: { kind: SandboxOwner_Kind[kind], id, fence: String(fence) } });
    },
    close() {
      scheduler.close();
      review.close();
    },
  };
}
