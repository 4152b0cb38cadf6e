import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateRepositoryRequest,
  GetRepositoryRequest,
  ListRepositoriesRequest,
  ListRepositoriesResponse,
  Repository,
} from '@heddle/contracts';
import type { GetRepositoryUrlRequest, GetRepositoryUrlResponse } from '@heddle/contracts/internal';
import { RepositoryService } from './repository.service.js';

@Controller()
export class RepositoryController {
  constructor(private readonly repositories: RepositoryService) {}

  @GrpcMethod('RepositoryService', 'CreateRepository')
  create(request: CreateRepositoryRequest): Promise<Repository> {
    return this.repositories.create(request);
  }

  @GrpcMethod('RepositoryService', 'GetRepository')
  get(request: GetRepositoryRequest): Promise<Repository> {
    return this.repositories.get(request.id);
  }

  @GrpcMethod('RepositoryService', 'ListRepositories')
  list(request: ListRepositoriesRequest): Promise<ListRepositoriesResponse> {
    return this.repositories.list(request);
  }

  @GrpcMethod('RepositoryDirectoryService', 'GetRepositoryUrl')
  async getUrl(request: GetRepositoryUrlRequest): Promise<GetRepositoryUrlResponse> {
    const row = await this.repositories.row(request.repositoryId);
    return { url: row.url, defaultBranch: row.defaultBranch ?? '' };
  }
}
