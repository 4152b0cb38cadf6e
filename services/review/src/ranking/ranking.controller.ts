import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { GetRankingRequest, Ranking, SelectAttemptRequest } from '@heddle/contracts';
import { RankingEngine } from './ranking-engine.js';
import { RankingService } from './ranking.service.js';
import { SelectionService } from './selection.service.js';

/** The part of the tasks' API that is about changes; the scheduler has the rest. */
@Controller()
export class RankingController {
  constructor(
    private readonly rankings: RankingService,
    private readonly selections: SelectionService,
    private readonly engine: RankingEngine,
  ) {}

  @GrpcMethod('TaskService', 'GetRanking')
  async getRanking({ id }: GetRankingRequest): Promise<Ranking> {
    const ranking = await this.rankings.get(id);
    // What is to run is mostly asked for by then; where a gate opened since, it is asked for now.
    if (ranking.pendingTrials > 0 && ranking.openAttemptIds.length === 0) this.engine.poke(id);
    return ranking;
  }

  @GrpcMethod('TaskService', 'SelectAttempt')
  selectAttempt(request: SelectAttemptRequest): Promise<Ranking> {
    return this.selections.select(request);
  }
}
