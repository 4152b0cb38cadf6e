import { Inject, Injectable } from '@nestjs/common';
import { ListOverlapsRequest, OverlapPair_Level, type OverlapPair } from '@heddle/contracts';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { DataSource, In } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { OVERLAPS, type Overlaps } from '../shared/tokens.js';
import { overlapNote, type ToldOverlap } from './overlap-note.js';

/** A turn does not wait for it. */
const DEADLINE_MS = 2_000;
const MOST = 20;

/** What an agent is told of others that are at the same places. */
@Injectable()
export class OverlapNotes {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(OVERLAPS) private readonly overlaps: Overlaps,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Empty where there is nothing to tell, and where review does not answer: the turn is worth more than the note. */
  async of({ id: attemptId }: Pick<AttemptEntity, 'id'>): Promise<string> {
    try {
      const { pairs } = await this.overlaps.listOverlaps(
        ListOverlapsRequest.fromPartial({ attemptId, minLevel: OverlapPair_Level.ENTITY, pageSize: MOST }),
        { deadlineMs: DEADLINE_MS },
      );
      const others = pairs.map(({ attemptIds }) => attemptIds.find((id) => id !== attemptId) ?? '');
      const titles = await this.titles(others);
      return overlapNote(pairs.map((pair, at) => toldOf(pair, titles.get(others[at] ?? '') ?? '')));
    } catch (error) {
      this.logger.warn({ err: error, attemptId }, 'the agent is not told of overlaps in this turn');
      return '';
    }
  }

  private async titles(attemptIds: readonly string[]): Promise<Map<string, string>> {
    if (attemptIds.length === 0) return new Map();
    const { manager } = this.dataSource;
    const attempts = await manager.find(AttemptEntity, {
      where: { id: In([...attemptIds]) },
      select: { id: true, taskId: true },
    });
    const tasks = await manager.find(TaskEntity, {
      where: { id: In(attempts.map(({ taskId }) => taskId)) },
      select: { id: true, title: true },
    });
    const byTask = new Map(tasks.map(({ id, title }) => [id, title]));
    return new Map(attempts.map(({ id, taskId }) => [id, byTask.get(taskId) ?? '']));
  }
}

function toldOf({ evidence, level }: OverlapPair, title: string): ToldOverlap {
  return {
    title,
    conflicts: level === OverlapPair_Level.TEXTUAL || level === OverlapPair_Level.TEST,
    places: evidence
      .filter((item) => item.level !== OverlapPair_Level.FILE && item.path !== '')
      .map(({ path, entity }) => ({ path, entity })),
  };
}
