import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  DeleteEnvironmentSecretRequest,
  DeleteEnvironmentSecretResponse,
  EnvironmentSecret,
  ListEnvironmentSecretsRequest,
  ListEnvironmentSecretsResponse,
  RotateSecretKeysRequest,
  RotateSecretKeysResponse,
  SetEnvironmentSecretRequest,
} from '@heddle/contracts';
import type {
  GetSandboxSecretsRequest,
  GetSandboxSecretsResponse,
  GetSetupSecretsRequest,
} from '@heddle/contracts/internal';
import { KeyRotationService } from './key-rotation.service.js';
import { SandboxSecretsService } from './sandbox-secrets.service.js';
import { SecretService } from './secret.service.js';

@Controller()
export class SecretController {
  constructor(
    private readonly secrets: SecretService,
    private readonly rotation: KeyRotationService,
    private readonly sandboxes: SandboxSecretsService,
  ) {}

  @GrpcMethod('EnvironmentService', 'SetEnvironmentSecret')
  set(request: SetEnvironmentSecretRequest): Promise<EnvironmentSecret> {
    return this.secrets.set(request);
  }

  @GrpcMethod('EnvironmentService', 'ListEnvironmentSecrets')
  async list(request: ListEnvironmentSecretsRequest): Promise<ListEnvironmentSecretsResponse> {
    return { secrets: await this.secrets.list(request.environmentId) };
  }

  @GrpcMethod('EnvironmentService', 'DeleteEnvironmentSecret')
  async delete(request: DeleteEnvironmentSecretRequest): Promise<DeleteEnvironmentSecretResponse> {
    await this.secrets.delete(request);
    return {};
  }

  @GrpcMethod('EnvironmentService', 'RotateSecretKeys')
  rotate(request: RotateSecretKeysRequest): Promise<RotateSecretKeysResponse> {
    return this.rotation.rotate(request);
  }

  @GrpcMethod('SandboxSpecService', 'GetSandboxSecrets')
  forSandbox(request: GetSandboxSecretsRequest): Promise<GetSandboxSecretsResponse> {
    return this.sandboxes.forOwner(request);
  }

  @GrpcMethod('EnvironmentSecretService', 'GetSetupSecrets')
  async forSetup(request: GetSetupSecretsRequest): Promise<GetSandboxSecretsResponse> {
    return { secrets: await this.sandboxes.ofEnvironment(request.environmentId, 'SETUP'), model: undefined };
  }
}
