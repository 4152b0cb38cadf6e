import { EnvironmentSecret_Kind } from '@heddle/contracts';
import { SandboxOwner_Kind, SandboxSpecServiceClient } from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { createGrpcClient } from '@heddle/platform/grpc-client';

/** The secrets of an owner's environment. Their values are in memory only. */
export interface SandboxSecrets {
  /** Environment variables of set-up and maintenance scripts, and of nothing else. */
  setupVariables(owner: SandboxOwnerRef): Promise<Readonly<Record<string, string>>>;
  close(): void;
}

export function createSandboxSecrets(
  schedulerAddress: string,
  reviewAddress: string,
  internalToken: string,
): SandboxSecrets {
  const scheduler = createGrpcClient(SandboxSpecServiceClient, schedulerAddress, { internalToken });
  const review = createGrpcClient(SandboxSpecServiceClient, reviewAddress, { internalToken });
  return {
    async setupVariables({ kind, id, fence }) {
      const service = kind === 'ATTEMPT' ? scheduler : review;
      const owner = { kind: SandboxOwner_Kind[kind], id, fence: String(fence) };
      const { secrets } = await service.getSandboxSecrets({ owner });
      const setup = secrets.filter((secret) => secret.kind === EnvironmentSecret_Kind.SETUP);
      return Object.fromEntries(setup.map(({ name, value }) => [name, value]));
    },
    close() {
      scheduler.close();
      review.close();
    },
  };
}
