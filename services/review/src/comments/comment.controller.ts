import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  Comment,
  CreateCommentRequest,
  DeleteCommentRequest,
  DeleteCommentResponse,
  GetCommentRequest,
  ListCommentsRequest,
  ListCommentsResponse,
  ReopenCommentRequest,
  ResolveCommentRequest,
  UpdateCommentRequest,
} from '@heddle/contracts';
import { CommentService } from './comment.service.js';

@Controller()
export class CommentController {
  constructor(private readonly comments: CommentService) {}

  @GrpcMethod('ChangeService', 'CreateComment')
  create(request: CreateCommentRequest): Promise<Comment> {
    return this.comments.create(request);
  }

  @GrpcMethod('ChangeService', 'GetComment')
  get(request: GetCommentRequest): Promise<Comment> {
    return this.comments.get(request.id);
  }

  @GrpcMethod('ChangeService', 'ListComments')
  list(request: ListCommentsRequest): Promise<ListCommentsResponse> {
    return this.comments.list(request);
  }

  @GrpcMethod('ChangeService', 'UpdateComment')
  update(request: UpdateCommentRequest): Promise<Comment> {
    return this.comments.update(request);
  }

  @GrpcMethod('ChangeService', 'DeleteComment')
  async delete(request: DeleteCommentRequest): Promise<DeleteCommentResponse> {
    await this.comments.delete(request);
    return {};
  }

  @GrpcMethod('ChangeService', 'ResolveComment')
  resolve(request: ResolveCommentRequest): Promise<Comment> {
    return this.comments.resolve(request);
  }

  @GrpcMethod('ChangeService', 'ReopenComment')
  reopen(request: ReopenCommentRequest): Promise<Comment> {
    return this.comments.reopen(request);
  }
}
