import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateCredentialRequest,
  Credential,
  DeleteCredentialRequest,
  DeleteCredentialResponse,
  GetCredentialRequest,
  ListCredentialsRequest,
  ListCredentialsResponse,
  UpdateCredentialRequest,
} from '@heddle/contracts';
import type {
  GetGitCredentialRequest,
  GitCredential,
  ReportModelRefusalRequest,
  ReportModelRefusalResponse,
} from '@heddle/contracts/internal';
import { CredentialService } from './credential.service.js';
import { ModelRefusalService } from './model-refusal.service.js';

@Controller()
export class CredentialController {
  constructor(
    private readonly credentials: CredentialService,
    private readonly refusals: ModelRefusalService,
  ) {}

  @GrpcMethod('AccessService', 'CreateCredential')
  create(request: CreateCredentialRequest): Promise<Credential> {
    return this.credentials.create(request);
  }

  @GrpcMethod('AccessService', 'GetCredential')
  get(request: GetCredentialRequest): Promise<Credential> {
    return this.credentials.get(request.id);
  }

  @GrpcMethod('AccessService', 'ListCredentials')
  list(request: ListCredentialsRequest): Promise<ListCredentialsResponse> {
    return this.credentials.list(request);
  }

  @GrpcMethod('AccessService', 'UpdateCredential')
  update(request: UpdateCredentialRequest): Promise<Credential> {
    return this.credentials.update(request);
  }

  @GrpcMethod('AccessService', 'DeleteCredential')
  async delete(request: DeleteCredentialRequest): Promise<DeleteCredentialResponse> {
    await this.credentials.delete(request);
    return {};
  }

  @GrpcMethod('GitCredentialService', 'GetGitCredential')
  openGit(request: GetGitCredentialRequest): Promise<GitCredential> {
    return this.credentials.openGit(request.id);
  }

  @GrpcMethod('ModelCredentialService', 'ReportModelRefusal')
  async reportRefusal(request: ReportModelRefusalRequest): Promise<ReportModelRefusalResponse> {
    await this.refusals.report(request);
    return {};
  }
}
