import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  AgentTool,
  InstallAgentToolRequest,
  ListAgentToolsRequest,
  ListAgentToolsResponse,
  RemoveAgentToolRequest,
  VerifyAgentToolRequest,
} from '@heddle/contracts';
import { AgentToolService } from './agent-tool.service.js';

@Controller()
export class AgentToolController {
  constructor(private readonly tools: AgentToolService) {}

  @GrpcMethod('AgentToolService', 'ListAgentTools')
  list(request: ListAgentToolsRequest): Promise<ListAgentToolsResponse> {
    return this.tools.list(request);
  }

  @GrpcMethod('AgentToolService', 'InstallAgentTool')
  install(request: InstallAgentToolRequest): Promise<AgentTool> {
    return this.tools.install(request);
  }

  @GrpcMethod('AgentToolService', 'VerifyAgentTool')
  verify(request: VerifyAgentToolRequest): Promise<AgentTool> {
    return this.tools.verify(request);
  }

  @GrpcMethod('AgentToolService', 'RemoveAgentTool')
  remove(request: RemoveAgentToolRequest): Promise<AgentTool> {
    return this.tools.remove(request);
  }
}
